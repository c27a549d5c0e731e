'use strict';
// Runs a function after the current one: process.nextTick where there is one,
// else a microtask.

module.exports = function later(fn, ...args) {
  const { process } = globalThis;
  if (process && typeof process.nextTick === 'function') process.nextTick(fn, ...args);
  else queueMicrotask(() => fn(...args));
};
