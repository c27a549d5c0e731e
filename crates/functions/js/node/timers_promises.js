'use strict';
// timers/promises: setTimeout, setImmediate, setInterval and scheduler, with
// abort signals.

const { make } = require('internal_errors');

function aborted(signal) {
  const err = make(Error, 'ABORT_ERR', 'The operation was aborted');
  err.name = 'AbortError';
  err.cause = signal.reason;
  return err;
}

function wait(start, stop, value, signal) {
  return new Promise((resolve, reject) => {
    if (signal && signal.aborted) {
      reject(aborted(signal));
      return;
    }
    const cancel = () => {
      stop(timer);
      reject(aborted(signal));
    };
    const timer = start(() => {
      if (signal) signal.removeEventListener('abort', cancel);
      resolve(value);
    });
    if (signal) signal.addEventListener('abort', cancel, { once: true });
  });
}

exports.setTimeout = (delay, value, options = {}) =>
  wait((fn) => globalThis.setTimeout(fn, delay), (timer) => globalThis.clearTimeout(timer), value, options && options.signal);
exports.setImmediate = (value, options = {}) => {
  const { setImmediate, clearImmediate } = globalThis;
  return typeof setImmediate === 'function'
    ? wait((fn) => setImmediate(fn), (timer) => clearImmediate(timer), value, options && options.signal)
    : exports.setTimeout(0, value, options);
};
exports.setInterval = async function* setInterval(delay, value, options = {}) {
  for (;;) yield exports.setTimeout(delay, value, options);
};
exports.scheduler = {
  wait: (delay, options) => exports.setTimeout(delay, undefined, options),
  yield: () => exports.setImmediate(),
};
