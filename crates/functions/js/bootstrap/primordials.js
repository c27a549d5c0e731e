// The engine as it is before any guest code has run. The rest of the bootstrap uses these, so
// that a guest which patches JSON or Promise changes its own world and not how its call is run.
(function (kit) {
  'use strict';
  const { bind, call } = Function.prototype;
  const uncurry = bind.bind(call);
  const { resolve } = Promise;

  kit.uncurry = uncurry;
  kit.Array = Array;
  kit.Error = Error;
  kit.Map = Map;
  kit.Promise = Promise;
  kit.TypeError = TypeError;
  kit.Uint8Array = Uint8Array;
  kit.InternalError = InternalError;
  kit.apply = Reflect.apply;
  kit.create = Object.create;
  kit.define = Object.defineProperty;
  kit.freeze = Object.freeze;
  kit.keys = Object.keys;
  kit.prototypeOf = Object.getPrototypeOf;
  kit.ObjectPrototype = Object.prototype;
  kit.isArray = Array.isArray;
  kit.parse = JSON.parse;
  kit.stringify = JSON.stringify;
  kit.String = String;
  kit.Number = Number;
  kit.isFinite = Number.isFinite;
  kit.resolved = (value) => kit.apply(resolve, Promise, [value]);
  kit.then = uncurry(Promise.prototype.then);
  kit.mapGet = uncurry(Map.prototype.get);
  kit.mapSet = uncurry(Map.prototype.set);
  kit.mapDelete = uncurry(Map.prototype.delete);
  kit.mapForEach = uncurry(Map.prototype.forEach);
  kit.mapClear = uncurry(Map.prototype.clear);
  kit.join = uncurry(Array.prototype.join);
  kit.slice = uncurry(String.prototype.slice);
  kit.wellFormed = uncurry(String.prototype.toWellFormed);
  kit.toBase64 = uncurry(Uint8Array.prototype.toBase64);
  kit.fromBase64 = Uint8Array.fromBase64;
  kit.isView = ArrayBuffer.isView;

  // A data property that does not run setters a guest may have put on Object.prototype.
  kit.own = (object, key, value) =>
    kit.define(object, key, {
      __proto__: null, value, writable: true, enumerable: true, configurable: true,
    });
});
