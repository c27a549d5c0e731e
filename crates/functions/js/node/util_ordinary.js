'use strict';
// Whether an object is an ordinary one: not a function, array or anything
// with a built-in kind. Sorts out most values before the brand checks of
// util_types, which are slow because they work by throwing.

const kinds = new Set([
  Map, Set, WeakMap, WeakSet, Promise, DataView, ArrayBuffer, Date, RegExp, Error, Number, String, Boolean, Symbol, BigInt,
  Array, Function, Object.getPrototypeOf(Uint8Array),
].map((ctor) => ctor.prototype));
if (typeof SharedArrayBuffer === 'function') kinds.add(SharedArrayBuffer.prototype);
const exotic = /^\[object (?:Arguments|Array|Boolean|Date|Error|Function|Number|RegExp|String|Symbol|BigInt|Module)\]$/;

module.exports = function ordinary(value) {
  if (typeof value !== 'object' || value === null || kinds.has(value)) return false;
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (at === Object.prototype) return !exotic.test(Object.prototype.toString.call(value));
    if (kinds.has(at)) return false;
  }
  return false;
};
