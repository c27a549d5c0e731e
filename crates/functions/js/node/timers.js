'use strict';
// timers: the global timer functions. Looked up on use, so that replaced
// globals (fake timers) are seen.

const names = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'];
for (const name of names) exports[name] = (...args) => globalThis[name](...args);
Object.defineProperty(exports, 'promises', {
  configurable: true, enumerable: true, get: () => require('timers_promises'),
});
