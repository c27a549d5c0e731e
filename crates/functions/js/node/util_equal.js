'use strict';
// Structural equality, loose (assert.deepEqual) and strict
// (assert.deepStrictEqual, util.isDeepStrictEqual), with cycle support.

const types = require('util_types');
const ordinary = require('util_ordinary');

const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
const isObject = (value) => value !== null && typeof value === 'object';
const isIndex = (key) => /^(0|[1-9]\d*)$/.test(key);

function symbolsOf(value) {
  return Object.getOwnPropertySymbols(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

function sameLoose(a, b) {
  return a == b || (a !== a && b !== b);
}

function equal(a, b, strict, seen) {
  if (a === b) return a !== 0 || !strict || Object.is(a, b);
  if (strict) {
    if (!isObject(a) || !isObject(b)) return typeof a === 'number' && Object.is(a, b);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  } else {
    if (!isObject(a)) return !isObject(b) && typeof b !== 'function' && sameLoose(a, b);
    if (!isObject(b)) return false;
  }
  return objects(a, b, strict, seen);
}

function objects(a, b, strict, seen) {
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
  if (ordinary(a) && ordinary(b)) return keyed(a, b, strict, seen, null, () => true);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    return keyed(a, b, strict, seen, (key) => !isIndex(key), (inner) => {
      for (let i = 0; i < a.length; i++) {
        if (has(a, i) !== has(b, i) && strict) return false;
        if (!equal(a[i], b[i], strict, inner)) return false;
      }
      return true;
    });
  }
  if (types.isDate(a)) {
    if (!types.isDate(b)) return false;
    const [x, y] = [Date.prototype.getTime.call(a), Date.prototype.getTime.call(b)];
    if (!Object.is(x, y)) return false;
  } else if (types.isRegExp(a)) {
    if (!types.isRegExp(b) || a.source !== b.source || a.flags !== b.flags || a.lastIndex !== b.lastIndex) return false;
  } else if (types.isNativeError(a) || a instanceof Error) {
    if (!(types.isNativeError(b) || b instanceof Error) || a.message !== b.message || a.name !== b.name) return false;
    for (const key of ['cause', 'errors']) {
      if (has(a, key) !== has(b, key)) return false;
      if (has(a, key) && !equal(a[key], b[key], strict, seen)) return false;
    }
  } else if (ArrayBuffer.isView(a)) {
    if (!ArrayBuffer.isView(b) || a.byteLength !== b.byteLength) return false;
    const numeric = !strict && (types.isFloat32Array(a) || types.isFloat64Array(a));
    if (numeric) {
      for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    } else if (!sameBytes(a.buffer, a.byteOffset, b.buffer, b.byteOffset, a.byteLength)) return false;
    return keyed(a, b, strict, seen, (key) => !isIndex(key), () => true);
  } else if (types.isAnyArrayBuffer(a)) {
    if (!types.isAnyArrayBuffer(b) || a.byteLength !== b.byteLength || !sameBytes(a, 0, b, 0, a.byteLength)) return false;
  } else if (types.isSet(a)) {
    if (!types.isSet(b) || a.size !== b.size) return false;
    return keyed(a, b, strict, seen, null, (inner) => sets(a, b, strict, inner));
  } else if (types.isMap(a)) {
    if (!types.isMap(b) || a.size !== b.size) return false;
    return keyed(a, b, strict, seen, null, (inner) => maps(a, b, strict, inner));
  } else if (types.isBoxedPrimitive(a)) {
    if (!types.isBoxedPrimitive(b) || !Object.is(a.valueOf(), b.valueOf())) return false;
  } else if (types.isPromise(a)) {
    return false;
  } else if (Array.isArray(b) || ArrayBuffer.isView(b) || types.isSet(b) || types.isMap(b) || types.isDate(b)
    || types.isRegExp(b) || types.isNativeError(b) || types.isAnyArrayBuffer(b) || types.isBoxedPrimitive(b)) {
    return false;
  }
  return keyed(a, b, strict, seen, null, () => true);
}

function sameBytes(a, aAt, b, bAt, size) {
  const [x, y] = [new Uint8Array(a, aAt, size), new Uint8Array(b, bAt, size)];
  for (let i = 0; i < size; i++) if (x[i] !== y[i]) return false;
  return true;
}

// Own enumerable keys on both sides, then the contents; pairs already being
// compared further up count as equal.
function keyed(a, b, strict, seen, filter, contents) {
  let keysA = Object.keys(a);
  let keysB = Object.keys(b);
  if (filter) [keysA, keysB] = [keysA.filter(filter), keysB.filter(filter)];
  if (keysA.length !== keysB.length || !keysA.every((key) => has(b, key))) return false;
  if (strict) {
    const [symbolsA, symbolsB] = [symbolsOf(a), symbolsOf(b)];
    if (symbolsA.length !== symbolsB.length || !symbolsA.every((key) => symbolsB.includes(key))) return false;
    keysA = keysA.concat(symbolsA);
  }
  for (const pair of seen) {
    if (pair[0] === a) return pair[1] === b;
    if (pair[1] === b) return false;
  }
  seen.push([a, b]);
  const same = contents(seen) && keysA.every((key) => equal(a[key], b[key], strict, seen));
  seen.pop();
  return same;
}

function take(rest, value, strict, seen) {
  for (const other of rest) {
    if (equal(value, other, strict, seen)) {
      rest.delete(other);
      return true;
    }
  }
  return false;
}
function sets(a, b, strict, seen) {
  const rest = new Set(b);
  const open = [];
  for (const item of a) if (!rest.delete(item)) open.push(item);
  return open.every((item) => (isObject(item) || !strict) && take(rest, item, strict, seen));
}
function maps(a, b, strict, seen) {
  const rest = new Map(b);
  for (const [key, value] of a) {
    if (rest.has(key) && equal(value, rest.get(key), strict, seen)) {
      rest.delete(key);
      continue;
    }
    if (strict && !isObject(key)) return false;
    const match = [...rest].find(([other, item]) => equal(key, other, strict, seen) && equal(value, item, strict, seen));
    if (!match) return false;
    rest.delete(match[0]);
  }
  return true;
}

module.exports = {
  isDeepEqual: (a, b) => equal(a, b, false, []),
  isDeepStrictEqual: (a, b) => equal(a, b, true, []),
};
