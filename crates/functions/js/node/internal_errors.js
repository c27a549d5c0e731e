'use strict';
// Coded errors ("TypeError [ERR_…]: …") and the usual argument checks shared
// by the other built-ins. Not reachable by user code.

const coded = new WeakSet();

function make(Base, code, message) {
  const err = new Base(message);
  err.code = code;
  Object.defineProperty(err, 'toString', {
    value() { return `${this.name} [${code}]: ${this.message}`; },
    configurable: true, writable: true, enumerable: false,
  });
  coded.add(err);
  return err;
}

function received(value) {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  const { inspect } = require('util_inspect');
  if (typeof value === 'object') {
    const ctor = value.constructor;
    return ctor && ctor.name
      ? ` Received an instance of ${ctor.name}`
      : ` Received ${inspect(value, { depth: -1 })}`;
  }
  let shown = inspect(value);
  if (shown.length > 28) shown = `${shown.slice(0, 25)}...`;
  return ` Received type ${typeof value} (${shown})`;
}

// `what` reads like "of type string" or "an instance of Buffer".
function argType(name, what, value) {
  const kind = name.includes('.') ? 'property' : 'argument';
  const subject = name.endsWith(' argument') ? `The ${name}` : `The "${name}" ${kind}`;
  return make(TypeError, 'ERR_INVALID_ARG_TYPE', `${subject} must be ${what}.${received(value)}`);
}

function argValue(name, value, reason = 'is invalid', Base = TypeError) {
  const { inspect } = require('util_inspect');
  let shown = inspect(value);
  if (shown.length > 128) shown = `${shown.slice(0, 128)}...`;
  const kind = name.includes('.') ? 'property' : 'argument';
  return make(Base, 'ERR_INVALID_ARG_VALUE', `The ${kind} '${name}' ${reason}. Received ${shown}`);
}

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, '_');
}

function outOfRange(name, range, value) {
  let shown;
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 32) shown = grouped(String(value));
  else if (typeof value === 'bigint') {
    const big = value > 4294967296n || value < -4294967296n;
    shown = `${big ? grouped(String(value)) : value}n`;
  } else shown = require('util_inspect').inspect(value);
  return make(RangeError, 'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`);
}

function needFunction(value, name) {
  if (typeof value !== 'function') throw argType(name, 'of type function', value);
}
function needString(value, name) {
  if (typeof value !== 'string') throw argType(name, 'of type string', value);
}
function needNumber(value, name) {
  if (typeof value !== 'number') throw argType(name, 'of type number', value);
}
function needInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  needNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} and <= ${max}`, value);
}

module.exports = {
  make, argType, argValue, outOfRange,
  needFunction, needString, needNumber, needInteger,
  isCoded: (err) => coded.has(err),
  markCoded: (err) => coded.add(err),
};
