'use strict';
// What all streams share: construct(), destroy(), 'close', and the closing of
// a stream once both its sides are done.

const later = require('internal_later');

const states = new WeakMap();
function lifeOf(stream) {
  let own = states.get(stream);
  if (!own) states.set(stream, own = { destroyed: false, closed: false, errored: null, auto: true, emitClose: true, ready: true, waiting: [] });
  return own;
}

function start(stream, options) {
  const own = lifeOf(stream);
  options = options || {};
  if (options.autoDestroy === false) own.auto = false;
  if (options.emitClose === false) own.emitClose = false;
  if (typeof options.destroy === 'function') stream._destroy = options.destroy;
  if (typeof options.construct === 'function') stream._construct = options.construct;
  if (options.signal) {
    const abort = () => stream.destroy(abortError(options.signal));
    if (options.signal.aborted) later(abort);
    else options.signal.addEventListener('abort', abort, { once: true });
  }
  if (typeof stream._construct !== 'function') return;
  own.ready = false;
  later(() => {
    const done = (err) => {
      own.ready = true;
      if (err) stream.destroy(err);
      for (const fn of own.waiting.splice(0)) fn();
    };
    try { stream._construct(done); } catch (err) { done(err); }
  });
}

function abortError(signal) {
  const err = require('internal_errors').make(Error, 'ABORT_ERR', 'The operation was aborted');
  err.name = 'AbortError';
  if (signal && signal.reason !== undefined) err.cause = signal.reason;
  return err;
}

// False while construct() is under way; the stream is then poked afterwards.
function isReady(stream) {
  const own = lifeOf(stream);
  if (!own.ready) own.waiting.push(() => { if (stream._readableState) stream.read(0); });
  return own.ready;
}
function whenReady(stream, fn) {
  const own = lifeOf(stream);
  if (own.ready) return true;
  own.waiting.push(fn);
  return false;
}

function autoDestroy(stream) {
  if (!lifeOf(stream).auto) return;
  const { _readableState: r, _writableState: w } = stream;
  if ((!r || r.endEmitted || r.neverRead) && (!w || w.finished)) stream.destroy();
}

function destroy(err, callback) {
  const own = lifeOf(this);
  if (own.destroyed) {
    if (typeof callback === 'function') callback();
    return this;
  }
  own.destroyed = true;
  if (err) own.errored = own.errored || err;
  const run = () => {
    let called = false;
    const done = (failure) => {
      if (called) return;
      called = true;
      failure = failure || null;
      if (failure) own.errored = own.errored || failure;
      if (this._writableState) this._writableState.fail(failure);
      if (typeof callback === 'function') callback(failure);
      later(() => {
        if (failure && !own.told) {
          own.told = true;
          this.emit('error', failure);
        }
        own.closed = true;
        if (own.emitClose) this.emit('close');
      });
    };
    try { this._destroy(err || null, done); } catch (failure) { done(failure); }
  };
  if (own.ready) run();
  else own.waiting.push(run);
  return this;
}

function install(proto) {
  proto.destroy = destroy;
  proto._destroy = function _destroy(err, callback) { callback(err); };
  Object.defineProperties(proto, {
    destroyed: {
      configurable: true,
      get() { return lifeOf(this).destroyed; },
      set(value) { lifeOf(this).destroyed = Boolean(value); },
    },
    closed: { configurable: true, get() { return lifeOf(this).closed; } },
    errored: { configurable: true, get() { return lifeOf(this).errored; } },
  });
}

module.exports = { start, install, isReady, whenReady, autoDestroy, abortError };
