'use strict';
// Duplex, Transform and PassThrough.

const errors = require('internal_errors');
const life = require('stream_life');
const { Stream, Readable } = require('stream_readable');
const { Writable, install } = require('stream_writable');

function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  Stream.call(this, options);
  options = options || {};
  Readable.setup(this, options);
  Writable.setup(this, options);
  this.allowHalfOpen = options.allowHalfOpen !== false;
  if (options.readable === false) Object.assign(this._readableState, { ended: true, endEmitted: true });
  if (options.writable === false) Object.assign(this._writableState, { ending: true, finished: true });
  life.start(this, options);
}
Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);
install(Duplex.prototype);

function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  Duplex.call(this, options);
  this._held = null;
  if (options && typeof options.transform === 'function') this._transform = options.transform;
  if (options && typeof options.flush === 'function') this._flush = options.flush;
}
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);

Transform.prototype._transform = function _transform() {
  throw errors.make(Error, 'ERR_METHOD_NOT_IMPLEMENTED', 'The _transform() method is not implemented');
};
// The next write waits until the output has been read down again.
Transform.prototype._write = function _write(chunk, encoding, callback) {
  const state = this._readableState;
  const before = state.length;
  this._transform(chunk, encoding, (err, output) => {
    if (err) {
      callback(err);
      return;
    }
    if (output !== undefined && output !== null) this.push(output);
    if (this._writableState.ending || before === state.length || state.length < state.highWaterMark) callback();
    else this._held = callback;
  });
};
Transform.prototype._read = function _read() {
  this._readableState.reading = false;
  if (!this._held) return;
  const callback = this._held;
  this._held = null;
  callback();
};
Transform.prototype._final = function _final(callback) {
  if (typeof this._flush !== 'function' || this.destroyed) {
    this.push(null);
    callback();
    return;
  }
  this._flush((err, output) => {
    if (err) {
      callback(err);
      return;
    }
    if (output !== undefined && output !== null) this.push(output);
    this.push(null);
    callback();
  });
};

function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
Object.setPrototypeOf(PassThrough, Transform);
PassThrough.prototype._transform = function _transform(chunk, encoding, callback) { callback(null, chunk); };

module.exports = { Duplex, Transform, PassThrough };
