'use strict';
// Readable: buffering, flowing and paused reading, pipe, async iteration.
// Of the operator methods only toArray and forEach exist; no wrap().

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const errors = require('internal_errors');
const later = require('internal_later');
const life = require('stream_life');

function Stream(options) {
  EventEmitter.call(this, options);
}
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  Stream.call(this, options);
  Readable.setup(this, options || {});
  life.start(this, options);
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);

Readable.setup = function setup(stream, options) {
  const objectMode = Boolean(options.objectMode || options.readableObjectMode);
  const mark = options.readableHighWaterMark !== undefined ? options.readableHighWaterMark : options.highWaterMark;
  stream._readableState = {
    objectMode, highWaterMark: mark === undefined || mark === null ? (objectMode ? 16 : 65536) : mark,
    buffer: [], length: 0, flowing: null, ended: false, endEmitted: false, ending: false, reading: false, encoding: null,
    decoder: null, listening: false, scheduled: false, pipes: [], awaitDrain: new Set(), disturbed: false,
  };
  if (typeof options.read === 'function') stream._read = options.read;
  if (options.encoding) stream.setEncoding(options.encoding);
};

const proto = Readable.prototype;

proto._read = function _read() {
  throw errors.make(Error, 'ERR_METHOD_NOT_IMPLEMENTED', 'The _read() method is not implemented');
};

const sizeOf = (state, chunk) => (state.objectMode ? 1 : chunk.length);

function add(stream, chunk, encoding, front) {
  const state = stream._readableState;
  if (chunk === null) {
    state.reading = false;
    finishInput(stream);
    return false;
  }
  if (!state.objectMode) {
    if (typeof chunk === 'string') {
      if (!state.decoder || (encoding && encoding !== state.encoding)) chunk = Buffer.from(chunk, encoding || 'utf8');
    } else if (chunk instanceof Uint8Array) {
      if (!Buffer.isBuffer(chunk)) chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    } else if (chunk !== undefined) {
      stream.destroy(errors.argType('chunk', 'of type string or an instance of Buffer or Uint8Array', chunk));
      return false;
    }
  }
  if (chunk === undefined || (!state.objectMode && chunk.length === 0)) {
    state.reading = false;
    refill(stream);
    return room(state);
  }
  if (front ? state.endEmitted : state.ended) {
    stream.destroy(front
      ? errors.make(Error, 'ERR_STREAM_UNSHIFT_AFTER_END_EVENT', 'stream.unshift() after end event')
      : errors.make(Error, 'ERR_STREAM_PUSH_AFTER_EOF', 'stream.push() after EOF'));
    return false;
  }
  if (!front) state.reading = false;
  if (stream.destroyed) return false;
  if (state.decoder && !front && typeof chunk !== 'string') {
    chunk = state.decoder.write(chunk);
    if (chunk === '') {
      refill(stream);
      return room(state);
    }
  }
  state.length += sizeOf(state, chunk);
  if (front) state.buffer.unshift(chunk);
  else state.buffer.push(chunk);
  announce(stream);
  return room(state);
}
const room = (state) => !state.ended && (state.length < state.highWaterMark || state.length === 0);

function finishInput(stream) {
  const state = stream._readableState;
  if (state.ended) return;
  if (state.decoder) {
    const rest = state.decoder.end();
    if (rest) {
      state.buffer.push(rest);
      state.length += rest.length;
    }
  }
  state.ended = true;
  announce(stream);
}

// Tells consumers, in a later turn, that there is data or the end.
function announce(stream) {
  const state = stream._readableState;
  if (state.scheduled) return;
  state.scheduled = true;
  later(() => {
    state.scheduled = false;
    if (stream.destroyed) return;
    if (state.listening && !state.endEmitted && (state.length > 0 || state.ended)) stream.emit('readable');
    flow(stream);
    if (state.length === 0 && state.ended) finish(stream);
    else refill(stream);
  });
}
function flow(stream) {
  const state = stream._readableState;
  while (state.flowing && state.length > 0 && !stream.destroyed) if (stream.read() === null) break;
}
function refill(stream) {
  const state = stream._readableState;
  if (state.refilling) return;
  state.refilling = true;
  later(() => {
    state.refilling = false;
    if (state.flowing !== null || state.listening || state.length > 0 || state.disturbed) fetch(stream);
  });
}
function fetch(stream) {
  const state = stream._readableState;
  if (state.reading || state.ended || stream.destroyed || state.length >= Math.max(state.highWaterMark, 1)) return;
  if (!life.isReady(stream)) return;
  state.reading = true;
  try { stream._read(state.highWaterMark); } catch (err) { stream.destroy(err); }
}
function finish(stream) {
  const state = stream._readableState;
  if (state.ending || state.length > 0) return;
  state.ending = true;
  later(() => {
    if (state.endEmitted || state.length > 0 || stream.destroyed) {
      state.ending = state.endEmitted;
      return;
    }
    state.endEmitted = true;
    stream.emit('end');
    if (stream._writableState && stream.allowHalfOpen === false && !stream.writableEnded) stream.end();
    life.autoDestroy(stream);
  });
}

proto.push = function push(chunk, encoding) { return add(this, chunk, encoding, false); };
proto.unshift = function unshift(chunk, encoding) { return add(this, chunk, encoding, true); };

proto.read = function read(n) {
  const state = this._readableState;
  if (n !== undefined) n = Math.trunc(+n);
  if (!Number.isNaN(n) && n > state.highWaterMark && !state.objectMode) state.highWaterMark = n;
  state.disturbed = state.disturbed || n !== 0;
  if (n === 0 || (state.length === 0 && !state.ended)) {
    if (n === 0 && state.length > 0) announce(this);
    fetch(this);
    if (n === 0 || state.length === 0) {
      if (state.length === 0 && state.ended) finish(this);
      return null;
    }
  }
  const chunk = take(state, n);
  if (chunk === null) {
    if (state.ended && state.length === 0) finish(this);
    fetch(this);
    return null;
  }
  state.length -= sizeOf(state, chunk);
  if (state.length === 0 && state.ended) finish(this);
  else fetch(this);
  this.emit('data', chunk);
  return chunk;
};
function take(state, n) {
  if (state.buffer.length === 0) return null;
  if (state.objectMode || (n === undefined && state.flowing)) return state.buffer.shift();
  if (n !== undefined && !Number.isNaN(n) && n > state.length) {
    if (!state.ended) return null;
    n = state.length;
  }
  const whole = state.decoder ? state.buffer.join('') : state.buffer.length === 1 ? state.buffer[0] : Buffer.concat(state.buffer);
  if (n === undefined || Number.isNaN(n) || n === whole.length) {
    state.buffer = [];
    return whole;
  }
  state.buffer = [whole.slice(n)];
  return whole.slice(0, n);
}

proto.setEncoding = function setEncoding(encoding) {
  const { StringDecoder } = require('string_decoder');
  const state = this._readableState;
  state.decoder = new StringDecoder(encoding);
  state.encoding = state.decoder.encoding;
  const text = state.buffer.map((chunk) => (typeof chunk === 'string' ? chunk : state.decoder.write(chunk))).join('');
  state.buffer = text === '' ? [] : [text];
  state.length = text.length;
  return this;
};

proto.on = function on(type, listener) {
  EventEmitter.prototype.on.call(this, type, listener);
  const state = this._readableState;
  if (type === 'data') {
    if (state.flowing !== false && !state.listening) this.resume();
  } else if (type === 'readable' && !state.listening && !state.endEmitted) {
    state.listening = true;
    state.flowing = false;
    if (state.length > 0 || state.ended) announce(this);
    else later(() => fetch(this));
  }
  return this;
};
proto.addListener = proto.on;
proto.removeListener = function removeListener(type, listener) {
  EventEmitter.prototype.removeListener.call(this, type, listener);
  if (type === 'readable' && this.listenerCount('readable') === 0) {
    this._readableState.listening = false;
    if (this.listenerCount('data') > 0) later(() => this.resume());
  }
  return this;
};
proto.off = proto.removeListener;

proto.resume = function resume() {
  const state = this._readableState;
  if (state.flowing === true) return this;
  state.flowing = !state.listening;
  later(() => {
    if (this.destroyed) return;
    this.emit('resume');
    fetch(this);
    flow(this);
    if (state.length === 0 && state.ended && state.flowing) finish(this);
  });
  return this;
};
proto.pause = function pause() {
  const state = this._readableState;
  if (state.flowing !== false) {
    state.flowing = false;
    this.emit('pause');
  }
  return this;
};
proto.isPaused = function isPaused() { return this._readableState.flowing === false; };

proto.pipe = function pipe(target, options) {
  const state = this._readableState;
  const mayEnd = !(options && options.end === false);
  const onData = (chunk) => {
    if (target.write(chunk) === false) {
      state.awaitDrain.add(target);
      this.pause();
    }
  };
  const onDrain = () => {
    state.awaitDrain.delete(target);
    if (state.awaitDrain.size === 0 && this.listenerCount('data') > 0) this.resume();
  };
  const onEnd = () => { if (mayEnd) target.end(); };
  const onGone = () => this.unpipe(target);
  const clean = () => {
    this.removeListener('data', onData);
    this.removeListener('end', onEnd);
    target.removeListener('drain', onDrain);
    target.removeListener('close', onGone);
    target.removeListener('finish', onGone);
    if (state.awaitDrain.has(target)) onDrain();
  };
  state.pipes.push({ target, clean });
  if (state.endEmitted) later(onEnd);
  else this.once('end', onEnd);
  target.on('drain', onDrain);
  target.once('close', onGone);
  target.once('finish', onGone);
  target.emit('pipe', this);
  this.on('data', onData);
  if (state.flowing === false && state.awaitDrain.size === 0 && !state.listening) this.resume();
  return target;
};
proto.unpipe = function unpipe(target) {
  const state = this._readableState;
  const gone = state.pipes.filter((pipe) => target === undefined || pipe.target === target);
  state.pipes = state.pipes.filter((pipe) => !gone.includes(pipe));
  for (const pipe of gone) {
    pipe.clean();
    pipe.target.emit('unpipe', this, { hasUnpiped: false });
  }
  if (gone.length > 0 && state.pipes.length === 0) this.pause();
  return this;
};

proto[Symbol.asyncIterator] = function () { return iterate(this, true); };
proto.iterator = function iterator(options) { return iterate(this, !(options && options.destroyOnReturn === false)); };
async function* iterate(stream, destroyOnReturn) {
  let wake = null;
  let failure;
  let done = false;
  const poke = () => { if (wake) { wake(); wake = null; } };
  stream.on('readable', poke);
  const clean = require('stream_pipeline').eos(stream, { writable: false }, (err) => {
    failure = err;
    done = true;
    poke();
  });
  let complete = false;
  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (failure) throw failure;
      else if (done) break;
      else await new Promise((resolve) => { wake = resolve; });
    }
    complete = true;
  } finally {
    stream.removeListener('readable', poke);
    clean();
    if ((destroyOnReturn || failure) && !(complete && stream._readableState.autoDestroy === false)) stream.destroy();
  }
}
proto.toArray = async function toArray() {
  const out = [];
  for await (const chunk of this) out.push(chunk);
  return out;
};
proto.forEach = async function forEach(fn) {
  for await (const chunk of this) await fn(chunk);
};

Readable.from = function from(source, options) {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    return new Readable({ objectMode: true, ...options, read() { this.push(source); this.push(null); } });
  }
  const method = source && (source[Symbol.asyncIterator] || source[Symbol.iterator]);
  if (typeof method !== 'function') throw errors.argType('iterable', 'an instance of Iterable', source);
  const iterator = method.call(source);
  const out = new Readable({
    objectMode: true, highWaterMark: 1, ...options,
    async read() {
      try {
        const { value, done } = await iterator.next();
        if (done) this.push(null);
        else {
          const item = await value;
          if (item === null) throw errors.make(TypeError, 'ERR_STREAM_NULL_VALUES', 'May not write null values to stream');
          this.push(item);
        }
      } catch (err) { this.destroy(err); }
    },
  });
  out._destroy = (err, done) => {
    const finishIt = () => done(err);
    if (out._readableState.endEmitted || typeof iterator.return !== 'function') finishIt();
    else Promise.resolve(iterator.return()).then(finishIt, finishIt);
  };
  return out;
};

const getters = {
  readable() {
    const state = this._readableState;
    return Boolean(state) && !this.destroyed && !state.endEmitted && !this.errored;
  },
  readableFlowing() { return this._readableState.flowing; },
  readableLength() { return this._readableState.length; },
  readableHighWaterMark() { return this._readableState.highWaterMark; },
  readableObjectMode() { return this._readableState.objectMode; },
  readableEncoding() { return this._readableState.encoding; },
  readableEnded() { return this._readableState.endEmitted; },
  readableAborted() { return this.destroyed && !this._readableState.endEmitted; },
  readableDidRead() { return this._readableState.disturbed; },
};
for (const name of Object.keys(getters)) {
  Object.defineProperty(proto, name, { configurable: true, get: getters[name], set: name === 'readable' ? () => {} : undefined });
}
life.install(proto);

module.exports = { Stream, Readable };
