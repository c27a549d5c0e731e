'use strict';
// util.format and formatWithOptions: printf-like placeholders
// %s %d %i %f %j %o %O %c %% and inspected remaining arguments.

const { inspect } = require('util_inspect');

const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
const number = (value) => (Object.is(value, -0) ? '-0' : `${value}`);

// Whether String(value) would only give the language's own default text.
function plainToString(value) {
  if (has(value, 'toString') || value[Symbol.toPrimitive] && !(value instanceof Date)) return false;
  let at = value;
  do at = Object.getPrototypeOf(at); while (at !== null && !has(at, 'toString'));
  if (at === null) return true;
  const own = Object.getOwnPropertyDescriptor(at, 'constructor');
  return own !== undefined && typeof own.value === 'function' && globalThis[own.value.name] === own.value
    && /\[native code\]/.test(Function.prototype.toString.call(own.value));
}

function json(value) {
  try {
    return JSON.stringify(value);
  } catch (err) {
    if (/circular/i.test(err.message)) return '[Circular]';
    throw err;
  }
}

function asText(value, options) {
  if (typeof value === 'number') return number(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || !plainToString(value)) return String(value);
  return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
}

function place(letter, value, options) {
  const numeric = typeof value === 'bigint' ? `${value}n` : typeof value === 'symbol' ? 'NaN' : undefined;
  switch (letter) {
    case 's': return asText(value, options);
    case 'd': return numeric || number(Number(value));
    case 'i': return numeric || number(parseInt(value));
    case 'f': return typeof value === 'symbol' ? 'NaN' : number(parseFloat(value));
    case 'j': return json(value);
    case 'o': return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case 'O': return inspect(value, options);
    default: return '';
  }
}

function formatWithOptions(options, ...args) {
  if (options === null || typeof options !== 'object') {
    throw require('internal_errors').argType('inspectOptions', 'of type object', options);
  }
  return run(options, args);
}
function format(...args) {
  return run(undefined, args);
}
function run(options, args) {
  const first = args[0];
  if (args.length === 1) return typeof first === 'string' ? first : inspect(first, options);
  let out = '';
  let next = 0;
  if (typeof first === 'string') {
    next = 1;
    out = first.includes('%') ? first.replace(/%([sdifjoOc%])/g, (whole, letter) => {
      if (letter === '%') return '%';
      return next < args.length ? place(letter, args[next++], options) : whole;
    }) : first;
  }
  for (; next < args.length; next++) {
    const value = args[next];
    if (next > 0) out += ' ';
    out += typeof value === 'string' ? value : inspect(value, options);
  }
  return out;
}

module.exports = { format, formatWithOptions };
