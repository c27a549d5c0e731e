'use strict';
// util.types: brand checks that do not run user code. Promise, proxy and
// iterator checks are as good as the language allows: a proxy is recognised
// only when the host offers native.isProxy.

const tagOf = (value) => Object.prototype.toString.call(value);
const getter = (proto, name) => Object.getOwnPropertyDescriptor(proto, name).get;

// True when `method` accepts the value as its receiver.
function brand(method, ...args) {
  return (value) => {
    if (value === null || typeof value !== 'object') return false;
    try { method.call(value, ...args); return true; } catch { return false; }
  };
}
// For things without a harmless receiver check: the class tag, not shadowed.
function tagged(tag, type = 'object') {
  const wanted = `[object ${tag}]`;
  return (value) => value !== null && typeof value === type && tagOf(value) === wanted
    && !Object.prototype.hasOwnProperty.call(value, Symbol.toStringTag);
}

const typedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const regExpGlobal = getter(RegExp.prototype, 'global');

const types = {
  isExternal: () => false,
  isDate: brand(Date.prototype.getTime),
  isArgumentsObject: tagged('Arguments'),
  isBigIntObject: brand(BigInt.prototype.valueOf),
  isBooleanObject: brand(Boolean.prototype.valueOf),
  isNumberObject: brand(Number.prototype.valueOf),
  isStringObject: brand(String.prototype.valueOf),
  isSymbolObject: brand(Symbol.prototype.valueOf),
  isNativeError(value) {
    if (typeof Error.isError === 'function') return Error.isError(value);
    if (value === null || typeof value !== 'object') return false;
    return Symbol.toStringTag in value ? value instanceof Error : tagOf(value) === '[object Error]';
  },
  isRegExp(value) {
    if (value === null || typeof value !== 'object' || value === RegExp.prototype) return false;
    try { regExpGlobal.call(value); return true; } catch { return false; }
  },
  isAsyncFunction(value) {
    return typeof value === 'function' && /^\[object Async(Generator)?Function\]$/.test(tagOf(value));
  },
  isGeneratorFunction(value) {
    return typeof value === 'function' && /^\[object (Async)?GeneratorFunction\]$/.test(tagOf(value));
  },
  isGeneratorObject(value) {
    return value !== null && typeof value === 'object' && /^\[object (Async)?Generator\]$/.test(tagOf(value));
  },
  isPromise: (value) => value instanceof Promise && value !== Promise.prototype,
  isMap: brand(getter(Map.prototype, 'size')),
  isSet: brand(getter(Set.prototype, 'size')),
  isMapIterator: tagged('Map Iterator'),
  isSetIterator: tagged('Set Iterator'),
  isWeakMap: brand(WeakMap.prototype.has, {}),
  isWeakSet: brand(WeakSet.prototype.has, {}),
  isArrayBuffer: brand(getter(ArrayBuffer.prototype, 'byteLength')),
  isDataView: brand(getter(DataView.prototype, 'byteOffset')),
  isSharedArrayBuffer: typeof SharedArrayBuffer === 'function'
    ? brand(getter(SharedArrayBuffer.prototype, 'byteLength')) : () => false,
  isProxy: (value) => (typeof native.isProxy === 'function' ? native.isProxy(value) : false),
  isModuleNamespaceObject: (value) =>
    value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === null && tagOf(value) === '[object Module]',
  isAnyArrayBuffer: (value) => types.isArrayBuffer(value) || types.isSharedArrayBuffer(value),
  isBoxedPrimitive: (value) => value !== null && typeof value === 'object'
    && (types.isNumberObject(value) || types.isStringObject(value) || types.isBooleanObject(value)
      || types.isBigIntObject(value) || types.isSymbolObject(value)),
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isTypedArray: (value) => typedArrayName.call(value) !== undefined,
  isKeyObject: (value) => value !== null && typeof value === 'object' && value[Symbol.for('certifyd.keyObject')] === true,
  isCryptoKey: () => false,
};
for (const kind of ['Uint8', 'Uint8Clamped', 'Uint16', 'Uint32', 'Int8', 'Int16', 'Int32', 'Float32', 'Float64',
  'BigInt64', 'BigUint64']) {
  types[`is${kind}Array`] = (value) => typedArrayName.call(value) === `${kind}Array`;
}

module.exports = types;
