'use strict';
// Writable: one write at a time, the rest queued (or handed to _writev), with
// 'drain', 'finish', cork and _final.

const { Buffer } = require('buffer');
const errors = require('internal_errors');
const later = require('internal_later');
const life = require('stream_life');
const { Stream } = require('stream_readable');

function Writable(options) {
  if (!(this instanceof Writable)) return new Writable(options);
  Stream.call(this, options);
  Writable.setup(this, options || {});
  life.start(this, options);
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && Boolean(object && object._writableState instanceof State);
  },
});

class State {
  constructor(stream, options) {
    this.objectMode = Boolean(options.objectMode || options.writableObjectMode);
    const mark = options.writableHighWaterMark !== undefined ? options.writableHighWaterMark : options.highWaterMark;
    this.highWaterMark = mark === undefined || mark === null ? (this.objectMode ? 16 : 16384) : mark;
    this.decodeStrings = options.decodeStrings !== false;
    this.defaultEncoding = options.defaultEncoding || 'utf8';
    Object.assign(this, { length: 0, queue: [], writing: null, corked: 0, needDrain: false, ending: false, finishing: false, finished: false, endCallbacks: [] });
  }
  // Everything still waiting is told that the stream is gone.
  fail(err) {
    const gone = err || errors.make(Error, 'ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed');
    for (const { callback } of this.queue.splice(0)) later(callback, gone);
    if (!this.finished) for (const callback of this.endCallbacks.splice(0)) later(callback, gone);
  }
}

Writable.setup = function setup(stream, options) {
  stream._writableState = new State(stream, options);
  for (const name of ['write', 'writev', 'final']) if (typeof options[name] === 'function') stream[`_${name}`] = options[name];
};

const nothing = () => {};
const methods = {
  _write(chunk, encoding, callback) {
    if (typeof this._writev === 'function') this._writev([{ chunk, encoding }], callback);
    else throw errors.make(Error, 'ERR_METHOD_NOT_IMPLEMENTED', 'The _write() method is not implemented');
  },
  write(chunk, encoding, callback) {
    const state = this._writableState;
    if (typeof encoding === 'function') [callback, encoding] = [encoding, undefined];
    callback = typeof callback === 'function' ? callback : nothing;
    if (chunk === null) throw errors.make(TypeError, 'ERR_STREAM_NULL_VALUES', 'May not write null values to stream');
    if (!state.objectMode) {
      if (typeof chunk === 'string') {
        encoding = encoding || state.defaultEncoding;
        if (state.decodeStrings) [chunk, encoding] = [Buffer.from(chunk, encoding), 'buffer'];
      } else if (chunk instanceof Uint8Array) {
        if (!Buffer.isBuffer(chunk)) chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
        encoding = 'buffer';
      } else throw errors.argType('chunk', 'of type string or an instance of Buffer or Uint8Array', chunk);
    }
    let err;
    if (state.ending) err = errors.make(Error, 'ERR_STREAM_WRITE_AFTER_END', 'write after end');
    else if (this.destroyed) err = errors.make(Error, 'ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed');
    if (err) {
      later(callback, err);
      if (state.ending) this.destroy(err);
      return false;
    }
    state.length += state.objectMode ? 1 : chunk.length;
    const below = state.length < state.highWaterMark;
    if (!below) state.needDrain = true;
    state.queue.push({ chunk, encoding: encoding || state.defaultEncoding, callback });
    pump(this);
    return below && !this.destroyed;
  },
  end(chunk, encoding, callback) {
    const state = this._writableState;
    if (typeof chunk === 'function') [callback, chunk] = [chunk, undefined];
    else if (typeof encoding === 'function') [callback, encoding] = [encoding, undefined];
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    state.corked = 0;
    let err;
    if (state.finished) err = errors.make(Error, 'ERR_STREAM_ALREADY_FINISHED', 'Cannot call end after a stream was finished');
    else if (this.destroyed) err = errors.make(Error, 'ERR_STREAM_DESTROYED', 'Cannot call end after a stream was destroyed');
    if (typeof callback === 'function') {
      if (err) later(callback, err);
      else state.endCallbacks.push(callback);
    }
    if (!err && !state.ending) {
      state.ending = true;
      pump(this);
      complete(this);
    }
    return this;
  },
  cork() { this._writableState.corked++; },
  uncork() {
    const state = this._writableState;
    if (state.corked > 0 && --state.corked === 0) pump(this);
  },
  setDefaultEncoding(encoding) {
    if (!Buffer.isEncoding(encoding)) throw errors.make(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
    this._writableState.defaultEncoding = encoding.toLowerCase();
    return this;
  },
};

function pump(stream) {
  const state = stream._writableState;
  if (state.writing || state.corked > 0 || state.queue.length === 0 || stream.destroyed) return;
  if (!life.whenReady(stream, () => pump(stream))) return;
  const many = typeof stream._writev === 'function' && state.queue.length > 1;
  const batch = state.queue.splice(0, many ? state.queue.length : 1);
  let sync = true;
  let called = false;
  const done = (err) => {
    if (called) {
      stream.destroy(errors.make(Error, 'ERR_MULTIPLE_CALLBACK', 'Callback called multiple times'));
      return;
    }
    called = true;
    state.writing = null;
    for (const { chunk } of batch) state.length -= state.objectMode ? 1 : chunk.length;
    if (sync) later(settle, stream, batch, err);
    else settle(stream, batch, err);
    if (!err) pump(stream);
  };
  state.writing = batch;
  try {
    if (many) stream._writev(batch.map(({ chunk, encoding }) => ({ chunk, encoding })), done);
    else stream._write(batch[0].chunk, batch[0].encoding, done);
  } catch (err) { done(err); }
  sync = false;
}
function settle(stream, batch, err) {
  const state = stream._writableState;
  for (const { callback } of batch) callback(err || null);
  if (err) {
    stream.destroy(err);
    return;
  }
  if (state.needDrain && state.length === 0 && !state.ending && !stream.destroyed) {
    state.needDrain = false;
    stream.emit('drain');
  }
  complete(stream);
}

function complete(stream) {
  const state = stream._writableState;
  if (!state.ending || state.finishing || state.writing || state.queue.length > 0 || stream.destroyed) return;
  if (state.length > 0 || !life.whenReady(stream, () => complete(stream))) return;
  state.finishing = true;
  const finish = (err) => {
    if (err) {
      stream.destroy(err);
      return;
    }
    stream.emit('prefinish');
    later(() => {
      if (stream.destroyed && stream.errored) return;
      state.finished = true;
      for (const callback of state.endCallbacks.splice(0)) callback(null);
      stream.emit('finish');
      life.autoDestroy(stream);
    });
  };
  later(() => {
    if (stream.destroyed) return;
    if (typeof stream._final !== 'function') finish();
    else {
      try { stream._final(finish); } catch (err) { finish(err); }
    }
  });
}

const getters = {
  writable() {
    const state = this._writableState;
    return Boolean(state) && !state.ending && !this.destroyed && !this.errored;
  },
  writableEnded() { return this._writableState.ending; },
  writableFinished() { return this._writableState.finished; },
  writableLength() { return this._writableState.length; },
  writableHighWaterMark() { return this._writableState.highWaterMark; },
  writableObjectMode() { return this._writableState.objectMode; },
  writableCorked() { return this._writableState.corked; },
  writableNeedDrain() { return this._writableState.needDrain && !this._writableState.ending; },
  writableAborted() { return this.destroyed && !this._writableState.finished; },
};
function install(proto) {
  Object.assign(proto, methods);
  for (const name of Object.keys(getters)) {
    Object.defineProperty(proto, name, { configurable: true, get: getters[name], set: name === 'writable' ? () => {} : undefined });
  }
}
install(Writable.prototype);
life.install(Writable.prototype);
Writable.prototype.pipe = function pipe() {
  this.emit('error', errors.make(Error, 'ERR_STREAM_CANNOT_PIPE', 'Cannot pipe, not readable'));
};

module.exports = { Writable, install };
