// console: everything goes to the call's log.
(function (kit, raw) {
  'use strict';
  const util = () => kit.requireBuiltin('util');
  kit.format = (args) => (args.length === 1 && typeof args[0] === 'string' ? args[0] : kit.apply(util().format, undefined, args));
  kit.log = (level, args) => raw.log(level, kit.text(kit.format(args)));

  let indent = '';
  const counts = new kit.Map();
  const starts = new kit.Map();
  const write = (level, args) => {
    const text = kit.format(args);
    raw.log(level, kit.text(indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`)));
  };
  const lapse = (label) => {
    const start = kit.mapGet(starts, label);
    return start === undefined ? undefined : `${label}: ${(raw.now() - start).toFixed(3)}ms`;
  };

  kit.console = {
    log: (...args) => write('info', args),
    info: (...args) => write('info', args),
    debug: (...args) => write('debug', args),
    warn: (...args) => write('warn', args),
    error: (...args) => write('error', args),
    trace: (...args) => write('error', [`Trace: ${kit.format(args)}\n${new Error().stack}`]),
    dir: (value, options) => write('info', [util().inspect(value, { customInspect: false, ...options })]),
    dirxml: (...args) => write('info', args),
    table: (value) => write('info', [util().inspect(value)]),
    assert: (condition, ...args) => {
      if (!condition) write('error', args.length === 0 ? ['Assertion failed'] : [`Assertion failed: ${kit.format(args)}`]);
    },
    count: (label = 'default') => {
      const count = (kit.mapGet(counts, `${label}`) ?? 0) + 1;
      kit.mapSet(counts, `${label}`, count);
      write('info', [`${label}: ${count}`]);
    },
    countReset: (label = 'default') => { kit.mapDelete(counts, `${label}`); },
    time: (label = 'default') => { kit.mapSet(starts, `${label}`, raw.now()); },
    timeLog: (label = 'default', ...args) => {
      const text = lapse(`${label}`);
      if (text !== undefined) write('info', [text, ...args]);
    },
    timeEnd: (label = 'default') => {
      const text = lapse(`${label}`);
      if (text !== undefined) write('info', [text]);
      kit.mapDelete(starts, `${label}`);
    },
    group: (...args) => {
      if (args.length > 0) write('info', args);
      indent += '  ';
    },
    groupEnd: () => { indent = kit.slice(indent, 2); },
  };
  kit.console.groupCollapsed = kit.console.group;
});
