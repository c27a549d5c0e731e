'use strict';
// stream: Readable, Writable, Duplex, Transform, PassThrough, pipeline and
// finished. A compact implementation: same events and back pressure, but the
// exact turn in which an event falls may differ from Node's. Missing: web
// streams, compose, Readable.wrap and most operator methods (map, filter …).

const { Stream, Readable } = require('stream_readable');
const { Writable } = require('stream_writable');
const { Duplex, Transform, PassThrough } = require('stream_duplex');
const { eos, pipeline } = require('stream_pipeline');
const customPromisify = Symbol.for('nodejs.util.promisify.custom');

Object.assign(Stream, {
  Stream, Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished: eos,
  isReadable: (stream) => Boolean(stream && stream.readable),
  isErrored: (stream) => Boolean(stream && stream.errored),
  isDisturbed: (stream) => Boolean(stream && stream.readableDidRead),
  destroy: (stream, err) => stream.destroy(err),
  addAbortSignal(signal, stream) {
    const abort = () => stream.destroy(require('stream_life').abortError(signal));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return stream;
  },
  getDefaultHighWaterMark: (objectMode) => (objectMode ? 16 : 65536),
});
// The oldest kind of stream: emits 'data' and 'end' by itself.
Stream.prototype.pipe = function pipe(target, options) {
  this.on('data', (chunk) => {
    if (target.writable && target.write(chunk) === false && this.pause) this.pause();
  });
  target.on('drain', () => { if (this.readable && this.resume) this.resume(); });
  if (!(options && options.end === false)) this.once('end', () => target.end());
  target.emit('pipe', this);
  return target;
};
for (const [fn, name] of [[pipeline, 'pipeline'], [eos, 'finished']]) {
  Object.defineProperty(fn, customPromisify, { configurable: true, get: () => require('stream_promises')[name] });
}
Object.defineProperty(Stream, 'promises', { configurable: true, enumerable: true, get: () => require('stream_promises') });

module.exports = Stream;
