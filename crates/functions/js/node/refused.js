'use strict';
// Stand-in for a module that cloud functions may not use. Loading it and
// reading names from it is harmless; calling or constructing anything throws
// ERR_ACCESS_REFUSED. A third argument gives names that keep real values
// (constants that libraries read while loading).

const QUIET = new Set(['then', 'default', '__esModule', 'toJSON', 'asymmetricMatch', 'nodeType', '$$typeof']);

function refusal(path, remedy) {
  const err = new Error(`${path} is not available in a cloud function: ${remedy}`);
  err.code = 'ERR_ACCESS_REFUSED';
  return err;
}

// Names read from a refused name are refused too. What was set, and what every
// object or function has, is given as it is.
function handler(path, remedy) {
  const made = new Map();
  return {
    get(target, key, receiver) {
      if (typeof key === 'symbol' || QUIET.has(key) || key in target) return Reflect.get(target, key, receiver);
      if (!made.has(key)) made.set(key, refuse(`${path}.${key}`, remedy));
      return made.get(key);
    },
    apply() { throw refusal(path, remedy); },
    construct() { throw refusal(path, remedy); },
  };
}

function refuse(path, remedy) {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const target = { [name]: function () {} }[name];
  return new Proxy(target, handler(path, remedy));
}

module.exports = function refused(name, remedy, values) {
  return new Proxy({ ...values }, handler(name, remedy));
};
