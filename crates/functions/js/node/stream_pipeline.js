'use strict';
// finished() and pipeline(), with callbacks. pipeline() takes streams,
// iterables and generator functions.

const errors = require('internal_errors');
const later = require('internal_later');
const life = require('stream_life');

const isStream = (value) => value !== null && typeof value === 'object' && typeof value.on === 'function'
  && (typeof value.pipe === 'function' || typeof value.write === 'function');
const isIterable = (value) => value !== null && value !== undefined
  && (typeof value[Symbol.asyncIterator] === 'function' || typeof value[Symbol.iterator] === 'function');

// Calls back once when the stream is done, in error, or closed too early.
function eos(stream, options, callback) {
  if (typeof options === 'function') [callback, options] = [options, {}];
  options = options || {};
  errors.needFunction(callback, 'callback');
  if (!isStream(stream)) throw errors.argType('stream', 'an instance of Stream', stream);
  const { _readableState: r, _writableState: w } = stream;
  const readable = options.readable !== undefined ? options.readable : Boolean(r || (stream.readable && !w));
  const writable = options.writable !== undefined ? options.writable : Boolean(w);
  const readDone = () => !readable || !r || r.endEmitted;
  const writeDone = () => !writable || !w || w.finished;
  let told = false;
  const tell = (err) => {
    if (told) return;
    told = true;
    clean();
    if (err) callback.call(stream, err);
    else callback.call(stream);
  };
  const check = () => { if (readDone() && writeDone()) tell(); };
  const onError = (err) => tell(err);
  const onClose = () => {
    if (stream.errored) tell(stream.errored);
    else if (readDone() && writeDone()) tell();
    else tell(errors.make(Error, 'ERR_STREAM_PREMATURE_CLOSE', 'Premature close'));
  };
  const clean = () => {
    stream.removeListener('end', check);
    stream.removeListener('finish', check);
    stream.removeListener('error', onError);
    stream.removeListener('close', onClose);
  };
  stream.on('end', check);
  stream.on('finish', check);
  if (options.error !== false) stream.on('error', onError);
  stream.on('close', onClose);
  if (stream.closed) later(onClose);
  else if (stream.errored) later(tell, stream.errored);
  else if ((readable || writable) && readDone() && writeDone()) later(tell);
  if (options.signal) {
    const abort = () => tell(life.abortError(options.signal));
    if (options.signal.aborted) later(abort);
    else options.signal.addEventListener('abort', abort, { once: true });
  }
  return clean;
}

function pipeline(...parts) {
  const callback = parts.pop();
  errors.needFunction(callback, 'streams[stream.length - 1]');
  return run(parts.length === 1 && Array.isArray(parts[0]) ? parts[0] : parts, callback, {});
}

function run(parts, callback, options) {
  if (parts.length < 2) throw errors.make(TypeError, 'ERR_MISSING_ARGS', 'The "streams" argument must be specified');
  const { Readable } = require('stream_readable');
  const { PassThrough } = require('stream_duplex');
  const chain = [];
  let failure;
  let value;
  let open = 1;
  const settle = (err) => {
    if (err && (!failure || failure.code === 'ERR_STREAM_PREMATURE_CLOSE')) failure = err;
    if (err) for (const stream of chain) if (!stream.destroyed) stream.destroy(err === failure ? undefined : err);
    if (--open === 0) later(() => callback(failure, value));
  };
  const watch = (stream, reading, writing) => {
    chain.push(stream);
    open++;
    // The first error stands for the whole; later ones are only swallowed.
    stream.on('error', () => {});
    eos(stream, { readable: reading, writable: writing }, settle);
  };

  let current;
  parts.forEach((part, index) => {
    const first = index === 0;
    const last = index === parts.length - 1;
    if (isStream(part)) {
      watch(part, !last, !first);
      if (!first) current.pipe(part, { end: !(last && options.end === false) });
      current = part;
    } else if (typeof part === 'function') {
      const result = first ? part(options) : part(current, options);
      if (isIterable(result) && !(last && typeof result.then === 'function')) {
        current = Readable.from(result);
        if (last) {
          const sink = new PassThrough({ objectMode: true });
          current.pipe(sink);
          watch(current, true, false);
          current = sink;
        } else watch(current, true, false);
      } else if (last && result && typeof result.then === 'function') {
        open++;
        result.then((got) => { value = got; settle(); }, settle);
        current = undefined;
      } else {
        throw errors.make(TypeError, 'ERR_INVALID_RETURN_VALUE',
          `Expected AsyncIterable to be returned from the "transform[${index - 1}]" function`);
      }
    } else if (first && isIterable(part)) {
      current = Readable.from(part);
      watch(current, true, false);
    } else {
      throw errors.argType('source', 'of type function or an instance of Stream, Iterable, or AsyncIterable', part);
    }
  });
  if (options.signal) {
    const abort = () => settle(life.abortError(options.signal));
    open++;
    if (options.signal.aborted) later(abort);
    else options.signal.addEventListener('abort', abort, { once: true });
    open--;
  }
  settle();
  return current;
}

module.exports = { eos, pipeline, run, isStream };
