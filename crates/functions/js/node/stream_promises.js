'use strict';
// stream/promises: pipeline and finished as promises.

const { eos, run } = require('stream_pipeline');
const isOptions = (value) => value !== null && typeof value === 'object' && typeof value.on !== 'function'
  && typeof value[Symbol.asyncIterator] !== 'function' && typeof value[Symbol.iterator] !== 'function';

exports.pipeline = (...parts) => new Promise((resolve, reject) => {
  const options = isOptions(parts[parts.length - 1]) ? parts.pop() : {};
  run(parts, (err, value) => (err ? reject(err) : resolve(value)), options);
});
exports.finished = (stream, options) => new Promise((resolve, reject) => {
  eos(stream, options, (err) => (err ? reject(err) : resolve()));
});
