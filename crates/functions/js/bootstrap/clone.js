// structuredClone: copies values with their cycles; refuses functions and symbols.
(function (kit) {
  'use strict';

  const refuse = (what) => {
    throw new DOMException(`${what} could not be cloned.`, 'DataCloneError');
  };
  const tagOf = kit.uncurry(Object.prototype.toString);
  const BOXES = { __proto__: null, '[object Number]': Number, '[object String]': String, '[object Boolean]': Boolean, '[object BigInt]': Object };
  const ERRORS = { __proto__: null, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  const copyBuffer = (buffer) => buffer.slice(0);

  function copyView(view, copy) {
    const buffer = copy(view.buffer);
    if (view instanceof DataView) return new DataView(buffer, view.byteOffset, view.byteLength);
    // A subclass such as Buffer arrives as the plain kind.
    const Kind = globalThis[view[Symbol.toStringTag]];
    return new Kind(buffer, view.byteOffset, view.length);
  }

  function copyError(error, copy) {
    const Kind = ERRORS[error.name] ?? Error;
    const result = new Kind(error.message);
    kit.define(result, 'stack', { value: error.stack, writable: true, configurable: true });
    if ('cause' in error) kit.define(result, 'cause', { value: copy(error.cause), writable: true, configurable: true });
    return result;
  }

  // Values without members of their own to copy.
  function copyWhole(value, copy) {
    const tag = tagOf(value);
    if (value instanceof Date) return new Date(value.getTime());
    if (value instanceof RegExp) return new RegExp(value.source, value.flags);
    if (value instanceof ArrayBuffer) return copyBuffer(value);
    if (kit.isView(value)) return copyView(value, copy);
    if (value instanceof Error) return copyError(value, copy);
    if (tag in BOXES) return Object(value.valueOf());
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
      refuse(tag);
    }
    return undefined;
  }

  function fill(target, value, copy) {
    if (value instanceof Map) for (const [key, item] of [...value]) target.set(copy(key), copy(item));
    else if (value instanceof Set) for (const item of [...value]) target.add(copy(item));
    else for (const key of kit.keys(value)) kit.own(target, key, copy(value[key]));
  }

  function empty(value) {
    if (value instanceof Map) return new Map();
    if (value instanceof Set) return new Set();
    return kit.isArray(value) ? new Array(value.length) : {};
  }

  kit.structuredClone = function structuredClone(value) {
    const seen = new Map();
    const copy = (item) => {
      if (typeof item === 'function') refuse(`function ${item.name}`);
      if (typeof item === 'symbol') refuse(String(item));
      if (typeof item !== 'object' || item === null) return item;
      if (seen.has(item)) return seen.get(item);
      const whole = copyWhole(item, copy);
      const result = whole ?? empty(item);
      seen.set(item, result);
      if (whole === undefined) fill(result, item, copy);
      return result;
    };
    return copy(value);
  };
});
