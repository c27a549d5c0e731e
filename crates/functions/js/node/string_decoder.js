'use strict';
// StringDecoder: text from chunks whose boundaries may fall inside a
// character (utf8, utf16le) or a base64 group. Other encodings pass through.

const { Buffer } = require('buffer');
const codec = require('buffer_encoding');
const errors = require('internal_errors');

// Length of an unfinished but so far valid UTF-8 sequence at the end.
function openUtf8(bytes) {
  const length = bytes.length;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const need = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    if (need <= back) return 0;
    if (back > 1) {
      const second = bytes[length - back + 1];
      if (byte === 0xe0 && second < 0xa0) return 0;
      if (byte === 0xed && second > 0x9f) return 0;
      if (byte === 0xf0 && second < 0x90) return 0;
      if (byte === 0xf4 && second > 0x8f) return 0;
    }
    return back;
  }
  return 0;
}
function openUtf16(bytes) {
  const odd = bytes.length % 2;
  const last = bytes[bytes.length - odd - 1];
  return bytes.length - odd >= 2 && last >= 0xd8 && last < 0xdc ? odd + 2 : odd;
}

function StringDecoder(encoding) {
  if (!(this instanceof StringDecoder)) return new StringDecoder(encoding);
  const name = encoding === undefined || encoding === null || encoding === '' ? 'utf8' : codec.normalize(encoding);
  if (name === undefined) throw errors.make(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
  this.encoding = name;
  Object.defineProperty(this, 'held', { value: Buffer.alloc(0), writable: true, enumerable: false });
}
StringDecoder.prototype.write = function write(chunk) {
  if (typeof chunk === 'string') return chunk;
  if (!ArrayBuffer.isView(chunk)) {
    throw errors.argType('buf', 'an instance of Buffer, TypedArray, or DataView', chunk);
  }
  let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (this.held.length > 0) bytes = Buffer.concat([this.held, bytes]);
  let open = 0;
  if (this.encoding === 'utf8') open = openUtf8(bytes);
  else if (this.encoding === 'utf16le') open = openUtf16(bytes);
  else if (this.encoding.startsWith('base64')) open = bytes.length % 3;
  const cut = bytes.length - open;
  this.held = open === 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(cut));
  return bytes.toString(this.encoding, 0, cut);
};
StringDecoder.prototype.end = function end(chunk) {
  const text = chunk === undefined ? '' : this.write(chunk);
  const rest = this.held.toString(this.encoding);
  this.held = Buffer.alloc(0);
  return text + rest;
};
StringDecoder.prototype.text = function text(chunk, offset) {
  this.held = Buffer.alloc(0);
  return this.write(chunk.subarray(offset));
};
Object.defineProperty(StringDecoder.prototype, 'lastNeed', {
  configurable: true, enumerable: true, get() { return this.held.length; },
});

module.exports = { StringDecoder };
