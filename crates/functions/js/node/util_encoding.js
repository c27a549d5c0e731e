'use strict';
// TextEncoder and TextDecoder. Decoding knows utf-8, utf-16le and latin1
// (windows-1252 labels); every other label is a RangeError.

const errors = require('internal_errors');
const codec = require('buffer_encoding');

class TextEncoder {
  get encoding() { return 'utf-8'; }
  encode(input = '') {
    return new Uint8Array(native.utf8Encode(`${input}`));
  }
  encodeInto(source, target) {
    errors.needString(source, 'src');
    if (!(target instanceof Uint8Array)) throw errors.argType('dest', 'an instance of Uint8Array', target);
    let read = 0;
    let written = 0;
    for (const char of source) {
      const code = char.codePointAt(0);
      const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (written + size > target.length) break;
      read += char.length;
      if (size === 1) target[written] = code;
      else target.set(new Uint8Array(native.utf8Encode(char)), written);
      written += size;
    }
    return { read, written };
  }
}

const LABELS = {
  __proto__: null,
  'utf-8': ['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'],
  'utf-16le': ['utf-16', 'utf-16le', 'ucs-2', 'iso-10646-ucs-2', 'csunicode', 'unicode', 'unicodefeff'],
  'windows-1252': ['latin1', 'iso-8859-1', 'iso8859-1', 'iso88591', 'iso_8859-1', 'l1', 'ascii', 'us-ascii',
    'ansi_x3.4-1968', 'cp1252', 'cp819', 'ibm819', 'iso-ir-100', 'csisolatin1', 'iso_8859-1:1987', 'windows-1252', 'x-cp1252'],
};
const UPPER_1252 = '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f'
  + '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

function bytesOf(input) {
  if (input === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  try { return new Uint8Array(input.slice(0)); } catch { /* not a buffer */ }
  throw errors.argType('list', 'an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView', input);
}

class TextDecoder {
  #encoding; #fatal; #ignoreBOM; #decoder = null; #atStart = true; #pending = [];
  constructor(label = 'utf-8', options = {}) {
    const wanted = `${label}`.trim().toLowerCase();
    this.#encoding = Object.keys(LABELS).find((name) => LABELS[name].includes(wanted));
    if (!this.#encoding) {
      throw errors.make(RangeError, 'ERR_ENCODING_NOT_SUPPORTED', `The "${label}" encoding is not supported`);
    }
    if (options !== null && options !== undefined && typeof options !== 'object') {
      throw errors.argType('options', 'of type object', options);
    }
    this.#fatal = Boolean(options && options.fatal);
    this.#ignoreBOM = Boolean(options && options.ignoreBOM);
  }
  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input, options) {
    const bytes = bytesOf(input);
    const stream = Boolean(options && options.stream);
    let text;
    if (this.#encoding === 'windows-1252') {
      text = codec.decode(bytes, 'latin1').replace(/[\x80-\x9f]/g, (c) => UPPER_1252[c.charCodeAt(0) - 0x80]);
    } else if (this.#encoding === 'utf-8') text = this.#utf8(bytes, stream);
    else text = this.#utf16(bytes, stream);
    if (this.#atStart && text !== '') {
      if (!this.#ignoreBOM && this.#encoding !== 'windows-1252' && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.#atStart = false;
    }
    if (!stream) {
      this.#atStart = true;
      this.#decoder = null;
    }
    return text;
  }

  #invalid() {
    this.#decoder = null;
    this.#atStart = true;
    return errors.make(TypeError, 'ERR_ENCODING_INVALID_ENCODED_DATA', `The encoded data was not valid for encoding ${this.#encoding}`);
  }
  #utf8(bytes, stream) {
    if (this.#decoder || stream) {
      const { StringDecoder } = require('string_decoder');
      this.#decoder = this.#decoder || new StringDecoder('utf8');
      const held = this.#decoder.held;
      if (this.#fatal) {
        const joined = new Uint8Array(held.length + bytes.length);
        joined.set(held);
        joined.set(bytes, held.length);
        this.#decoder.write(bytes);
        const cut = stream ? joined.length - this.#decoder.held.length : joined.length;
        const text = native.utf8Decode(joined.slice(0, cut).buffer, true);
        if (text === null) throw this.#invalid();
        return text;
      }
      return stream ? this.#decoder.write(bytes) : this.#decoder.end(bytes);
    }
    const text = bytes.length === 0 ? '' : native.utf8Decode(codec.exactBuffer(bytes), this.#fatal);
    if (text === null) throw this.#invalid();
    return text;
  }
  #utf16(bytes, stream) {
    const all = this.#pending.length ? Uint8Array.from([...this.#pending, ...bytes]) : bytes;
    this.#pending = [];
    let end = all.length & ~1;
    if (stream) {
      if (end >= 2 && all[end - 1] >= 0xd8 && all[end - 1] < 0xdc) end -= 2;
      this.#pending = Array.from(all.subarray(end));
    }
    let text = codec.decode(all.subarray(0, end), 'utf16le');
    const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
    if (this.#fatal && (lone.test(text) || (!stream && all.length % 2))) throw this.#invalid();
    text = text.replace(lone, '\ufffd');
    return !stream && all.length % 2 ? `${text}\ufffd` : text;
  }
}
for (const [proto, tag] of [[TextEncoder.prototype, 'TextEncoder'], [TextDecoder.prototype, 'TextDecoder']]) {
  Object.defineProperty(proto, Symbol.toStringTag, { value: tag, configurable: true });
}

module.exports = { TextEncoder, TextDecoder };
