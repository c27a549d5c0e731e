// process: enough of it for libraries that look around, and nothing that reaches outside.
(function (kit, raw) {
  'use strict';
  const refuse = (name, instead) => () => {
    throw kit.fault(`ERR_PROCESS_${name.toUpperCase()}_REFUSED`, `process.${name}() is refused: ${instead}`);
  };
  const endByReturning = 'a cloud function ends by returning or by throwing';

  function hrtime(since) {
    const now = raw.now();
    let seconds = Math.floor(now / 1000);
    let nanoseconds = Math.round((now % 1000) * 1e6);
    if (since !== undefined) {
      seconds -= since[0];
      nanoseconds -= since[1];
      if (nanoseconds < 0) {
        seconds -= 1;
        nanoseconds += 1e9;
      }
    }
    return [seconds, nanoseconds];
  }
  hrtime.bigint = () => BigInt(Math.round(raw.now() * 1e6));

  const stream = (level) => ({
    isTTY: false,
    columns: 80,
    writable: true,
    write: (text) => {
      raw.log(level, kit.text(text));
      return true;
    },
  });

  const process = {
    title: 'node',
    version: 'v20.0.0',
    versions: { node: '20.0.0', quickjs: '0.16.2' },
    release: { name: 'node' },
    platform: 'linux',
    arch: 'x64',
    pid: 1,
    ppid: 0,
    argv: ['node', raw.entry()],
    argv0: 'node',
    execArgv: [],
    execPath: '/node',
    exitCode: undefined,
    env: { NODE_ENV: 'production' },
    features: {},
    config: {},
    stdout: stream('info'),
    stderr: stream('error'),
    cwd: () => '/',
    chdir: refuse('chdir', 'cloud functions have no file system'),
    exit: refuse('exit', endByReturning),
    reallyExit: refuse('exit', endByReturning),
    abort: refuse('abort', endByReturning),
    kill: refuse('kill', endByReturning),
    nextTick: (callback, ...args) => kit.queue(() => kit.apply(callback, undefined, args)),
    hrtime,
    uptime: () => raw.now() / 1000,
    memoryUsage: () => {
      const rss = raw.rss();
      return { rss, heapTotal: rss, heapUsed: rss, external: 0, arrayBuffers: 0 };
    },
    cpuUsage: () => ({ user: Math.round(raw.now() * 1000), system: 0 }),
    umask: () => 0o22,
    emitWarning: (warning) => kit.log('warn', [kit.String(warning)]),
    emit: () => false,
    listeners: () => [],
    listenerCount: () => 0,
  };
  process.memoryUsage.rss = () => raw.rss();
  // There are no process events here; libraries that listen for them go on without.
  for (const name of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'prependListener', 'setMaxListeners']) {
    process[name] = () => process;
  }
  kit.define(process, Symbol.toStringTag, { value: 'process', configurable: true });
  kit.process = process;
});
