'use strict';
// util: formatting, inheritance, promise adapters, type checks. Parts that are
// seldom needed load on first use. Not covered: parseArgs, MIMEType,
// transferable abort signals, system error names.

const { inspect, stripVTControlCharacters } = require('util_inspect');
const { format, formatWithOptions } = require('util_format');
const errors = require('internal_errors');
const later = require('internal_later');

const customPromisify = Symbol.for('nodejs.util.promisify.custom');

function inherits(ctor, parent) {
  if (typeof ctor !== 'function') throw errors.argType('ctor', 'of type function', ctor);
  if (typeof parent !== 'function') throw errors.argType('superCtor', 'of type function', parent);
  if (parent.prototype === undefined) throw errors.argType('superCtor.prototype', 'of type object', parent.prototype);
  Object.defineProperty(ctor, 'super_', { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(ctor.prototype, parent.prototype);
}

function promisify(original) {
  errors.needFunction(original, 'original');
  const own = original[customPromisify];
  if (own) {
    errors.needFunction(own, 'util.promisify.custom');
    return Object.defineProperty(own, customPromisify, { value: own, configurable: true });
  }
  function promisified(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (err, value) => (err ? reject(err) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promisified, Object.getPrototypeOf(original));
  Object.defineProperty(promisified, customPromisify, { value: promisified, configurable: true });
  return Object.defineProperties(promisified, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = customPromisify;

function callbackify(original) {
  errors.needFunction(original, 'original');
  function callbackified(...args) {
    const callback = args.pop();
    errors.needFunction(callback, 'last argument');
    const done = (err, value) => Reflect.apply(callback, this, err === undefined ? [null, value] : [err]);
    Reflect.apply(original, this, args).then(
      (value) => later(done, undefined, value),
      (reason) => {
        if (!reason) {
          const falsy = errors.make(Error, 'ERR_FALSY_VALUE_REJECTION', 'Promise was rejected with falsy value');
          falsy.reason = reason;
          reason = falsy;
        }
        later(done, reason);
      },
    );
  }
  const shape = Object.getOwnPropertyDescriptors(original);
  if (typeof shape.length.value === 'number') shape.length.value++;
  if (typeof shape.name.value === 'string') shape.name.value += 'Callbackified';
  return Object.defineProperties(callbackified, shape);
}

const warned = new Set();
function deprecate(fn, message, code) {
  errors.needFunction(fn, 'fn');
  let told = false;
  function deprecated(...args) {
    if (!told) {
      told = true;
      const { process, console } = globalThis;
      if (!(process && process.noDeprecation) && !(code !== undefined && warned.has(code))) {
        if (code !== undefined) warned.add(code);
        if (process && typeof process.emitWarning === 'function') process.emitWarning(message, 'DeprecationWarning', code);
        else if (console) console.warn(`DeprecationWarning: ${message}`);
      }
    }
    return new.target ? Reflect.construct(fn, args, new.target) : Reflect.apply(fn, this, args);
  }
  Object.setPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  return deprecated;
}

function debuglog(section) {
  let on;
  const log = (...args) => {
    if (log.enabled) globalThis.console.error(`${String(section).toUpperCase()}: ${format(...args)}`);
  };
  Object.defineProperty(log, 'enabled', {
    configurable: true, enumerable: true,
    get() {
      if (on === undefined) {
        const { process } = globalThis;
        const wanted = (process && process.env && process.env.NODE_DEBUG) || '';
        on = wanted.split(',').some((name) => new RegExp(
          `^${name.trim().replace(/[|\\{}()[\]^$+?.]/g, '\\$&').replace(/\*/g, '.*')}$`, 'i').test(section));
      }
      return on;
    },
  });
  return log;
}

function toUSVString(text) {
  return `${text}`.toWellFormed ? `${text}`.toWellFormed()
    : `${text}`.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

function styleText(style, text) {
  errors.needString(text, 'text');
  let out = text;
  for (const name of [style].flat().reverse()) {
    const pair = inspect.colors[name];
    if (!pair) throw errors.argValue('format', name, 'must be a known style');
    out = `\u001b[${pair[0]}m${out}\u001b[${pair[1]}m`;
  }
  return out;
}

const types = () => require('util_types');
module.exports = exports = {
  inspect, format, formatWithOptions, stripVTControlCharacters,
  inherits, promisify, callbackify, deprecate, debuglog, debug: debuglog, toUSVString, styleText,
  isDeepStrictEqual: (a, b) => require('util_equal').isDeepStrictEqual(a, b),
  _extend(target, source) { return source !== null && typeof source === 'object' ? Object.assign(target, source) : target; },
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isBuffer: (value) => require('buffer').Buffer.isBuffer(value),
  isDate: (value) => types().isDate(value),
  isError: (value) => types().isNativeError(value) || value instanceof Error,
  isFunction: (value) => typeof value === 'function',
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isObject: (value) => value !== null && typeof value === 'object',
  isPrimitive: (value) => value === null || (typeof value !== 'object' && typeof value !== 'function'),
  isRegExp: (value) => types().isRegExp(value),
  isString: (value) => typeof value === 'string',
  isSymbol: (value) => typeof value === 'symbol',
  isUndefined: (value) => value === undefined,
  log(...args) { globalThis.console.log(`${new Date().toTimeString().slice(0, 8)} - ${format(...args)}`); },
};
for (const [name, from] of [['types', 'util_types'], ['TextEncoder', 'util_encoding'], ['TextDecoder', 'util_encoding']]) {
  Object.defineProperty(exports, name, {
    configurable: true, enumerable: true,
    get() {
      const value = name === 'types' ? require(from) : require(from)[name];
      Object.defineProperty(exports, name, { value, writable: true, configurable: true, enumerable: true });
      return value;
    },
  });
}
