// What a guest finds on globalThis beyond the language. The larger parts load on first use.
(function (kit) {
  'use strict';
  const microtask = globalThis.queueMicrotask;

  // An error in a callback that nobody awaits ends the call, as it would end Node's process.
  kit.queue = (callback) => {
    if (typeof callback !== 'function') {
      throw kit.fault('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function.', kit.TypeError);
    }
    microtask(() => {
      try {
        callback();
      } catch (error) {
        kit.uncaught(error);
      }
    });
  };

  const put = (name, value) =>
    kit.define(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });

  const later = (name, module) =>
    kit.define(globalThis, name, {
      __proto__: null,
      configurable: true,
      enumerable: false,
      get() {
        const value = kit.requireBuiltin(module)[name];
        put(name, value);
        return value;
      },
      set(value) { put(name, value); },
    });

  put('global', globalThis);
  put('queueMicrotask', (callback) => kit.queue(callback));
  put('console', kit.console);
  put('process', kit.process);
  put('structuredClone', kit.structuredClone);
  for (const name of kit.keys(kit.timers)) put(name, kit.timers[name]);
  for (const [name, module] of [
    ['Buffer', 'buffer'],
    ['URL', 'url'], ['URLSearchParams', 'url'],
    ['TextEncoder', 'util'], ['TextDecoder', 'util'],
  ]) later(name, module);
});
