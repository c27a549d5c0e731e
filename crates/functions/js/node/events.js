'use strict';
// EventEmitter and the static once / on / getEventListeners helpers. Rejected
// promises of listeners are not captured (captureRejections is ignored).

const errors = require('internal_errors');

const errorMonitor = Symbol('events.errorMonitor');
const captureRejection = Symbol.for('nodejs.rejection');
let defaultMax = 10;

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}
EventEmitter.init = function init() {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = Object.create(null);
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
};
EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;

function checkListener(listener) {
  errors.needFunction(listener, 'listener');
}
function checkMax(n, name) {
  errors.needNumber(n, name);
  if (!(n >= 0)) throw errors.outOfRange(name, '>= 0', n);
}
function listOf(emitter, type) {
  const found = emitter._events === undefined ? undefined : emitter._events[type];
  return found === undefined ? [] : typeof found === 'function' ? [found] : found;
}
function own(emitter) {
  if (emitter._events === undefined) {
    emitter._events = Object.create(null);
    emitter._eventsCount = 0;
  }
  return emitter._events;
}

function add(emitter, type, listener, first) {
  checkListener(listener);
  const events = own(emitter);
  if (events.newListener !== undefined) emitter.emit('newListener', type, listener.listener || listener);
  const found = emitter._events[type];
  if (found === undefined) {
    emitter._events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  const list = typeof found === 'function'
    ? (emitter._events[type] = first ? [listener, found] : [found, listener])
    : found;
  if (list === found) {
    if (first) list.unshift(listener);
    else list.push(listener);
  }
  const max = emitter.getMaxListeners();
  if (max > 0 && list.length > max && !list.warned) {
    list.warned = true;
    const text = `Possible EventEmitter memory leak detected. ${list.length} ${String(type)} listeners added to `
      + `${emitter.constructor ? emitter.constructor.name : 'Object'}. MaxListeners is ${max}. Use emitter.setMaxListeners() to increase limit`;
    const { process, console } = globalThis;
    const warning = Object.assign(new Error(text), { name: 'MaxListenersExceededWarning', emitter, type, count: list.length });
    if (process && typeof process.emitWarning === 'function') process.emitWarning(warning);
    else if (console && console.warn) console.warn(`${warning.name}: ${text}`);
  }
  return emitter;
}

function onceWrapper(emitter, type, listener) {
  checkListener(listener);
  let fired = false;
  function wrapped(...args) {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(type, wrapped);
    return listener.apply(emitter, args);
  }
  wrapped.listener = listener;
  return wrapped;
}

const proto = EventEmitter.prototype;
Object.assign(proto, {
  setMaxListeners(n) {
    checkMax(n, 'n');
    this._maxListeners = n;
    return this;
  },
  getMaxListeners() {
    return this._maxListeners === undefined ? defaultMax : this._maxListeners;
  },
  emit(type, ...args) {
    const events = this._events;
    if (type === 'error') {
      if (events !== undefined && events[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
      if (events === undefined || events.error === undefined) throw unhandled(args[0]);
    } else if (events === undefined) return false;
    const found = events[type];
    if (found === undefined) return false;
    if (typeof found === 'function') found.apply(this, args);
    else for (const listener of found.slice()) listener.apply(this, args);
    return true;
  },
  addListener(type, listener) { return add(this, type, listener, false); },
  prependListener(type, listener) { return add(this, type, listener, true); },
  once(type, listener) { return add(this, type, onceWrapper(this, type, listener), false); },
  prependOnceListener(type, listener) { return add(this, type, onceWrapper(this, type, listener), true); },
  removeListener(type, listener) {
    checkListener(listener);
    const list = listOf(this, type);
    let at = list.length - 1;
    while (at >= 0 && list[at] !== listener && list[at].listener !== listener) at--;
    if (at < 0) return this;
    const removed = list[at];
    if (list.length === 1) drop(this, type);
    else {
      list.splice(at, 1);
      if (list.length === 1) this._events[type] = list[0];
    }
    if (this._events.removeListener !== undefined) this.emit('removeListener', type, removed.listener || removed);
    return this;
  },
  removeAllListeners(type) {
    const events = this._events;
    if (events === undefined) return this;
    if (events.removeListener === undefined) {
      if (arguments.length === 0) {
        this._events = Object.create(null);
        this._eventsCount = 0;
      } else if (events[type] !== undefined) drop(this, type);
      return this;
    }
    if (arguments.length === 0) {
      for (const key of Reflect.ownKeys(events)) if (key !== 'removeListener') this.removeAllListeners(key);
      return this.removeAllListeners('removeListener');
    }
    for (const listener of listOf(this, type).slice().reverse()) this.removeListener(type, listener);
    return this;
  },
  listeners(type) { return listOf(this, type).map((listener) => listener.listener || listener); },
  rawListeners(type) { return listOf(this, type).slice(); },
  listenerCount(type, listener) {
    const list = listOf(this, type);
    if (listener === undefined || listener === null) return list.length;
    return list.filter((item) => item === listener || item.listener === listener).length;
  },
  eventNames() { return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : []; },
});
proto.on = proto.addListener;
proto.off = proto.removeListener;

function drop(emitter, type) {
  delete emitter._events[type];
  emitter._eventsCount--;
}

function unhandled(value) {
  if (value instanceof Error) return value;
  let shown;
  try { shown = require('util_inspect').inspect(value); } catch { shown = String(value); }
  const err = errors.make(Error, 'ERR_UNHANDLED_ERROR', `Unhandled error. (${shown})`);
  err.context = value;
  return err;
}

function abortError(signal) {
  const err = errors.make(Error, 'ABORT_ERR', 'The operation was aborted');
  err.name = 'AbortError';
  if (signal.reason !== undefined) err.cause = signal.reason;
  return err;
}

// Works for emitters and for event targets.
function listen(target, type, listener, once) {
  if (typeof target.on === 'function') target[once ? 'once' : 'on'](type, listener);
  else if (typeof target.addEventListener === 'function') target.addEventListener(type, listener, { once });
  else throw errors.argType('emitter', 'an instance of EventEmitter', target);
}
function unlisten(target, type, listener) {
  if (typeof target.removeListener === 'function') target.removeListener(type, listener);
  else target.removeEventListener(type, listener);
}

EventEmitter.once = function once(emitter, type, options = {}) {
  const signal = options ? options.signal : undefined;
  return new Promise((resolve, reject) => {
    if (signal && signal.aborted) {
      reject(abortError(signal));
      return;
    }
    const clean = () => {
      unlisten(emitter, type, done);
      unlisten(emitter, 'error', failed);
      if (signal) signal.removeEventListener('abort', aborted);
    };
    const done = (...args) => { clean(); resolve(args); };
    const failed = (err) => { clean(); reject(err); };
    const aborted = () => { clean(); reject(abortError(signal)); };
    listen(emitter, type, done, true);
    if (type !== 'error' && typeof emitter.once === 'function') emitter.once('error', failed);
    if (signal) signal.addEventListener('abort', aborted, { once: true });
  });
};

EventEmitter.on = function on(emitter, type, options = {}) {
  const signal = options ? options.signal : undefined;
  if (signal && signal.aborted) throw abortError(signal);
  const ready = [];
  const waiting = [];
  let failure;
  let ended = false;
  const push = (...args) => {
    if (waiting.length > 0) waiting.shift().resolve({ value: args, done: false });
    else ready.push(args);
  };
  const fail = (err) => {
    if (waiting.length > 0) waiting.shift().reject(err);
    else failure = { err };
    finish();
  };
  const aborted = () => fail(abortError(signal));
  const finish = () => {
    ended = true;
    unlisten(emitter, type, push);
    unlisten(emitter, 'error', fail);
    if (signal) signal.removeEventListener('abort', aborted);
    for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  };
  listen(emitter, type, push, false);
  if (type !== 'error' && typeof emitter.on === 'function') emitter.on('error', fail);
  if (signal) signal.addEventListener('abort', aborted, { once: true });
  return {
    next() {
      if (ready.length > 0) return Promise.resolve({ value: ready.shift(), done: false });
      if (failure) {
        const { err } = failure;
        failure = undefined;
        return Promise.reject(err);
      }
      if (ended) return finish();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return: finish,
    throw(err) { fail(err); return Promise.resolve({ value: undefined, done: true }); },
    [Symbol.asyncIterator]() { return this; },
  };
};

EventEmitter.EventEmitter = EventEmitter;
EventEmitter.errorMonitor = errorMonitor;
EventEmitter.captureRejectionSymbol = captureRejection;
EventEmitter.captureRejections = false;
EventEmitter.usingDomains = false;
EventEmitter.listenerCount = (emitter, type) =>
  (typeof emitter.listenerCount === 'function' ? emitter.listenerCount(type) : proto.listenerCount.call(emitter, type));
EventEmitter.getEventListeners = (emitter, type) => emitter.listeners(type);
EventEmitter.getMaxListeners = (emitter) => emitter.getMaxListeners();
EventEmitter.setMaxListeners = (n = defaultMax, ...targets) => {
  checkMax(n, 'n');
  if (targets.length === 0) defaultMax = n;
  else for (const target of targets) target.setMaxListeners(n);
};
EventEmitter.addAbortListener = (signal, listener) => {
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener('abort', listener, { once: true });
  return { [Symbol.dispose || Symbol.for('nodejs.dispose')]() { signal.removeEventListener('abort', listener); } };
};
Object.defineProperty(EventEmitter, 'defaultMaxListeners', {
  enumerable: true,
  get: () => defaultMax,
  set(n) {
    checkMax(n, 'defaultMaxListeners');
    defaultMax = n;
  },
});

module.exports = EventEmitter;
