'use strict';
// Text to bytes and back for the Buffer encodings: utf8, utf16le, latin1,
// ascii, hex, base64, base64url. Works on plain Uint8Array; knows no Buffer.

const fromCharCode = String.fromCharCode;
const hexOf = Uint8Array.prototype.toHex;
const bytesFromHex = Uint8Array.fromHex;
const bytesFromBase64 = Uint8Array.fromBase64;

const ALIASES = {
  utf8: 'utf8', 'utf-8': 'utf8',
  ucs2: 'utf16le', 'ucs-2': 'utf16le', utf16le: 'utf16le', 'utf-16le': 'utf16le',
  latin1: 'latin1', binary: 'latin1', ascii: 'ascii',
  hex: 'hex', base64: 'base64', base64url: 'base64url',
  __proto__: null,
};

// The canonical name, or undefined for an unknown encoding.
function normalize(encoding) {
  return ALIASES[encoding] || ALIASES[String(encoding).toLowerCase()];
}

let hexPairs;
let hexValues;
let base64Values;

function exactBuffer(bytes) {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) return buffer;
  if (buffer instanceof ArrayBuffer) return buffer.slice(byteOffset, byteOffset + byteLength);
  return new Uint8Array(bytes).buffer;
}

function charCodes(bytes, mask) {
  let out = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    let part = bytes.subarray(at, at + 4096);
    if (mask !== 0xff) part = Uint8Array.from(part, (b) => b & mask);
    out += fromCharCode.apply(null, part);
  }
  return out;
}

function hexEncode(bytes) {
  if (hexOf) return hexOf.call(bytes);
  if (!hexPairs) hexPairs = Array.from({ length: 256 }, (_, b) => (b < 16 ? '0' : '') + b.toString(16));
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += hexPairs[bytes[i]];
  return out;
}

function hexDecode(text) {
  if (bytesFromHex && text.length % 2 === 0) {
    try { return bytesFromHex.call(Uint8Array, text); } catch { /* stops at the first bad pair below */ }
  }
  if (!hexValues) {
    hexValues = new Int8Array(128).fill(-1);
    for (let i = 0; i < 16; i++) {
      const digit = i.toString(16);
      hexValues[digit.charCodeAt(0)] = i;
      hexValues[digit.toUpperCase().charCodeAt(0)] = i;
    }
  }
  const out = new Uint8Array(text.length >>> 1);
  for (let i = 0; i < out.length; i++) {
    const high = text.charCodeAt(2 * i);
    const low = text.charCodeAt(2 * i + 1);
    const byte = high < 128 && low < 128 ? (hexValues[high] << 4) | hexValues[low] : -1;
    if (byte < 0) return out.slice(0, i);
    out[i] = byte;
  }
  return out;
}

function utf16Decode(bytes) {
  let out = '';
  const end = bytes.length & ~1;
  const units = [];
  for (let i = 0; i < end; i += 2) {
    units.push(bytes[i] | (bytes[i + 1] << 8));
    if (units.length === 4096) {
      out += fromCharCode.apply(null, units);
      units.length = 0;
    }
  }
  return out + fromCharCode.apply(null, units);
}

function utf16Encode(text) {
  const out = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    out[2 * i] = unit;
    out[2 * i + 1] = unit >>> 8;
  }
  return out;
}

// Lenient: both alphabets, anything else is skipped, padding is not needed;
// the first '=' ends the data, as in Node.
function base64Decode(text) {
  if (bytesFromBase64) {
    try { return bytesFromBase64.call(Uint8Array, text); } catch { /* the lenient way below */ }
  }
  if (!base64Values) {
    base64Values = new Int8Array(128).fill(-1);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    for (let i = 0; i < 64; i++) base64Values[alphabet.charCodeAt(i)] = i;
    base64Values[45] = 62;
    base64Values[95] = 63;
  }
  const out = new Uint8Array(base64Size(text));
  const end = text.indexOf('=') < 0 ? text.length : text.indexOf('=');
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? base64Values[code] : -1;
    if (value < 0) continue;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[at++] = bits >>> held;
    }
  }
  return at === out.length ? out : out.slice(0, at);
}

function base64Size(text) {
  let size = text.length;
  if (size > 0 && text[size - 1] === '=') size--;
  if (size > 1 && text[size - 1] === '=') size--;
  return Math.floor((size * 3) / 4);
}

function latin1Encode(text) {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

function base64UrlEncode(bytes) {
  return native.base64Encode(exactBuffer(bytes))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

// Always a Uint8Array that owns the whole of its ArrayBuffer.
function encode(text, encoding) {
  switch (encoding) {
    case 'utf8': return new Uint8Array(native.utf8Encode(text));
    case 'utf16le': return utf16Encode(text);
    case 'latin1': case 'ascii': return latin1Encode(text);
    case 'hex': return hexDecode(text);
    default: return base64Decode(text);
  }
}

function decode(bytes, encoding) {
  if (bytes.length === 0) return '';
  switch (encoding) {
    case 'utf8': return native.utf8Decode(exactBuffer(bytes), false);
    case 'utf16le': return utf16Decode(bytes);
    case 'latin1': return charCodes(bytes, 0xff);
    case 'ascii': return charCodes(bytes, 0x7f);
    case 'hex': return hexEncode(bytes);
    case 'base64': return native.base64Encode(exactBuffer(bytes));
    default: return base64UrlEncode(bytes);
  }
}

function utf8Length(text) {
  let size = text.length;
  if (size > 256) return native.utf8Encode(text).byteLength;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    size += unit < 0x800 ? 1 : 2;
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) i++;
    }
  }
  return size;
}

function byteLength(text, encoding) {
  switch (encoding) {
    case 'utf8': return utf8Length(text);
    case 'utf16le': return text.length * 2;
    case 'hex': return text.length >>> 1;
    case 'base64': case 'base64url': return base64Size(text);
    default: return text.length;
  }
}

// How many of the first `limit` bytes of encoded text end on a character.
function wholeCharacters(bytes, limit, encoding) {
  if (limit >= bytes.length) return bytes.length;
  if (encoding === 'utf16le') return limit & ~1;
  if (encoding === 'utf8') while (limit > 0 && (bytes[limit] & 0xc0) === 0x80) limit--;
  return limit;
}

module.exports = { normalize, encode, decode, byteLength, wholeCharacters, exactBuffer };
