'use strict';
// Buffer, atob and btoa. Buffer is a Uint8Array subclass that may also be
// called without `new`. No pool: each Buffer.from() owns its memory. Not
// covered: Blob, File, resolveObjectURL.

const codec = require('buffer_encoding');
const errors = require('internal_errors');

const kMaxLength = 2 ** 31 - 1;
const kStringMaxLength = 2 ** 29 - 24;
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

class FastBuffer extends Uint8Array {}

function Buffer(arg, encodingOrOffset, length) {
  if (typeof arg === 'number') {
    if (typeof encodingOrOffset === 'string') throw errors.argType('string', 'of type string', arg);
    return Buffer.alloc(arg);
  }
  return Buffer.from(arg, encodingOrOffset, length);
}
Object.setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = FastBuffer.prototype;
Object.defineProperty(Buffer.prototype, 'constructor', { value: Buffer, writable: true, configurable: true });
Object.defineProperty(Buffer, Symbol.species, { configurable: true, get() { return FastBuffer; } });
Buffer.poolSize = 8192;

function isArrayBuffer(value) {
  if (value === null || typeof value !== 'object') return false;
  if (value instanceof ArrayBuffer) return true;
  const tag = Object.prototype.toString.call(value);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
}

function knownEncoding(encoding) {
  const name = codec.normalize(encoding);
  if (name === undefined) throw errors.make(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
  return name;
}
function optionalEncoding(encoding) {
  return typeof encoding !== 'string' || encoding === '' ? 'utf8' : knownEncoding(encoding);
}

function wrap(bytes) {
  return new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
function fromString(text, encoding) {
  return wrap(codec.encode(text, optionalEncoding(encoding)));
}
function fromArrayLike(list) {
  if (!(list.length > 0)) return new FastBuffer(0);
  const out = new FastBuffer(list.length);
  out.set(list);
  return out;
}
function fromArrayBuffer(source, offset, length) {
  offset = offset === undefined ? 0 : +offset || 0;
  const room = source.byteLength - offset;
  if (room < 0) throw errors.make(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', '"offset" is outside of buffer bounds');
  if (length === undefined) length = room;
  else {
    length = +length;
    if (!(length > 0)) length = 0;
    if (length > room) throw errors.make(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', '"length" is outside of buffer bounds');
  }
  return new FastBuffer(source, offset, length);
}
function fromObject(value) {
  if (value.length !== undefined || isArrayBuffer(value.buffer)) {
    return typeof value.length === 'number' ? fromArrayLike(value) : new FastBuffer(0);
  }
  if (value.type === 'Buffer' && Array.isArray(value.data)) return fromArrayLike(value.data);
  return undefined;
}

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return fromString(value, encodingOrOffset);
  if (typeof value === 'object' && value !== null) {
    if (isArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const inner = value.valueOf && value.valueOf();
    if (inner != null && inner !== value && (typeof inner === 'string' || typeof inner === 'object')) {
      return from(inner, encodingOrOffset, length);
    }
    const out = fromObject(value);
    if (out) return out;
    if (typeof value[Symbol.toPrimitive] === 'function') {
      const primitive = value[Symbol.toPrimitive]('string');
      if (typeof primitive === 'string') return fromString(primitive, encodingOrOffset);
    }
  }
  throw errors.argType('first argument',
    'of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object', value);
};

function checkSize(size) {
  errors.needNumber(size, 'size');
  if (!(size >= 0 && size <= kMaxLength)) throw errors.outOfRange('size', `>= 0 && <= ${kMaxLength}`, size);
}

Buffer.alloc = function alloc(size, fill, encoding) {
  checkSize(size);
  const out = new FastBuffer(size);
  if (fill === undefined || fill === 0 || size === 0) return out;
  return out.fill(fill, typeof encoding === 'string' ? encoding : undefined);
};
Buffer.allocUnsafe = function allocUnsafe(size) {
  checkSize(size);
  return new FastBuffer(size);
};
Buffer.allocUnsafeSlow = function allocUnsafeSlow(size) {
  checkSize(size);
  return new FastBuffer(size);
};
Buffer.of = function of(...items) {
  return fromArrayLike(items);
};
Buffer.copyBytesFrom = function copyBytesFrom(view, offset = 0, length) {
  if (!ArrayBuffer.isView(view) || view instanceof DataView) {
    throw errors.argType('view', 'an instance of TypedArray', view);
  }
  errors.needInteger(offset, 'offset', 0);
  if (length !== undefined) errors.needInteger(length, 'length', 0);
  const part = view.slice(offset, length === undefined ? undefined : offset + length);
  return new FastBuffer(part.buffer, part.byteOffset, part.byteLength);
};
Buffer.isBuffer = (value) => value instanceof Buffer;
Buffer.isEncoding = (encoding) =>
  typeof encoding === 'string' && encoding.length !== 0 && codec.normalize(encoding) !== undefined;
Buffer.byteLength = function byteLength(value, encoding) {
  if (typeof value === 'string') {
    const name = typeof encoding === 'string' ? codec.normalize(encoding) : undefined;
    return codec.byteLength(value, name || 'utf8');
  }
  if (ArrayBuffer.isView(value) || isArrayBuffer(value)) return value.byteLength;
  throw errors.argType('string', 'of type string or an instance of Buffer or ArrayBuffer', value);
};

function needBytes(value, name) {
  if (!(value instanceof Uint8Array)) throw errors.argType(name, 'an instance of Buffer or Uint8Array', value);
}

Buffer.concat = function concat(list, length) {
  if (!Array.isArray(list)) throw errors.argType('list', 'an instance of Array', list);
  for (let i = 0; i < list.length; i++) needBytes(list[i], `list[${i}]`);
  if (list.length === 0) return new FastBuffer(0);
  if (length === undefined) length = list.reduce((sum, part) => sum + part.length, 0);
  else errors.needInteger(length, 'length', 0);
  const out = new FastBuffer(length);
  let at = 0;
  for (const part of list) {
    if (at >= length) break;
    out.set(part.length > length - at ? part.subarray(0, length - at) : part, at);
    at += part.length;
  }
  return out;
};

function order(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}
Buffer.compare = function compare(a, b) {
  needBytes(a, 'buf1');
  needBytes(b, 'buf2');
  return order(a, b);
};

// A needle in bytes; `step` keeps utf16le matches on character boundaries.
function search(buf, value, offset, encoding, forward) {
  if (typeof offset === 'string') {
    encoding = offset;
    offset = undefined;
  }
  offset = +offset;
  if (Number.isNaN(offset)) offset = forward ? 0 : buf.length;
  offset = Math.trunc(offset);
  let needle = value;
  let step = 1;
  if (typeof value === 'number') needle = [value & 255];
  else if (typeof value === 'string') {
    const name = encoding === undefined ? 'utf8' : knownEncoding(encoding);
    if (name === 'utf16le') step = 2;
    needle = codec.encode(value, name);
  } else if (value instanceof Uint8Array) {
    if (encoding !== undefined && knownEncoding(encoding) === 'utf16le') step = 2;
  } else {
    throw errors.argType('value', 'one of type number or string or an instance of Buffer or Uint8Array', value);
  }
  const last = buf.length - needle.length;
  if (offset < 0) offset += buf.length;
  if (needle.length === 0) return Math.max(0, Math.min(offset, buf.length));
  if (offset < 0) {
    if (!forward) return -1;
    offset = 0;
  }
  if (last < 0 || (step === 2 && needle.length < 2)) return -1;
  let at = forward ? offset : Math.min(offset, last);
  if (step === 2 && at % 2 !== 0) at += forward ? 1 : -1;
  for (; at >= 0 && at <= last; at += forward ? step : -step) {
    let i = 0;
    while (i < needle.length && buf[at + i] === needle[i]) i++;
    if (i === needle.length) return at;
  }
  return -1;
}

function clamp(value, fallback, max) {
  if (value === undefined) return fallback;
  value = Math.trunc(+value) || 0;
  return value < 0 ? 0 : Math.min(value, max);
}

const methods = {
  toString(encoding, start, end) {
    const length = this.length;
    if (arguments.length === 0) return codec.decode(this, 'utf8');
    start = clamp(start, 0, length);
    end = clamp(end, length, length);
    const name = encoding === undefined ? 'utf8' : knownEncoding(encoding);
    return start >= end ? '' : codec.decode(start === 0 && end === length ? this : this.subarray(start, end), name);
  },
  toJSON() {
    return { type: 'Buffer', data: Array.from(this) };
  },
  equals(other) {
    needBytes(other, 'otherBuffer');
    return this === other || (this.length === other.length && order(this, other) === 0);
  },
  compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
    needBytes(target, 'target');
    if (arguments.length === 1) return order(this, target);
    const bound = (value, name, fallback, max) => {
      if (value === undefined) return fallback;
      errors.needInteger(value, name, 0, max);
      return value;
    };
    targetStart = bound(targetStart, 'targetStart', 0);
    sourceStart = bound(sourceStart, 'sourceStart', 0);
    targetEnd = bound(targetEnd, 'targetEnd', target.length, target.length);
    sourceEnd = bound(sourceEnd, 'sourceEnd', this.length, this.length);
    if (sourceStart >= sourceEnd) return targetStart >= targetEnd ? 0 : -1;
    if (targetStart >= targetEnd) return 1;
    return order(this.subarray(sourceStart, sourceEnd), target.subarray(targetStart, targetEnd));
  },
  copy(target, targetStart, sourceStart, sourceEnd) {
    needBytes(target, 'target');
    const whole = (value, name, fallback) => {
      if (value === undefined) return fallback;
      value = Math.trunc(+value) || 0;
      if (value < 0) throw errors.outOfRange(name, '>= 0', value);
      return value;
    };
    targetStart = whole(targetStart, 'targetStart', 0);
    sourceStart = whole(sourceStart, 'sourceStart', 0);
    if (sourceStart > this.length) {
      throw errors.outOfRange('sourceStart', `>= 0 && <= ${this.length}`, sourceStart);
    }
    sourceEnd = Math.min(whole(sourceEnd, 'sourceEnd', this.length), this.length);
    if (targetStart >= target.length || sourceStart >= sourceEnd) return 0;
    const size = Math.min(sourceEnd - sourceStart, target.length - targetStart);
    target.set(this.subarray(sourceStart, sourceStart + size), targetStart);
    return size;
  },
  subarray(start, end) {
    return Uint8Array.prototype.subarray.call(this, start, end);
  },
  slice(start, end) {
    return Uint8Array.prototype.subarray.call(this, start, end);
  },
  write(text, offset, length, encoding) {
    errors.needString(text, 'argument');
    if (typeof offset === 'string') [encoding, offset, length] = [offset, undefined, undefined];
    else if (typeof length === 'string') [encoding, length] = [length, undefined];
    if (offset === undefined) offset = 0;
    else errors.needInteger(offset, 'offset', 0, this.length);
    const room = this.length - offset;
    if (length === undefined) length = room;
    else {
      errors.needInteger(length, 'length', 0, this.length);
      length = Math.min(length, room);
    }
    const name = encoding ? knownEncoding(encoding) : 'utf8';
    const bytes = codec.encode(text, name);
    const size = codec.wholeCharacters(bytes, length, name);
    this.set(size === bytes.length ? bytes : bytes.subarray(0, size), offset);
    return size;
  },
  fill(value, start, end, encoding) {
    if (typeof value === 'string') {
      if (typeof start === 'string') [encoding, start, end] = [start, undefined, undefined];
      else if (typeof end === 'string') [encoding, end] = [end, undefined];
      const name = optionalEncoding(encoding);
      const bytes = codec.encode(value, name);
      if (value.length > 0 && bytes.length === 0) throw errors.argValue('value', value);
      value = bytes.length === 0 ? 0 : bytes;
    } else if (typeof value === 'boolean') value = +value;
    if (start === undefined) start = 0;
    else errors.needInteger(start, 'offset', 0);
    if (end === undefined) end = this.length;
    else errors.needInteger(end, 'end', 0, this.length);
    if (start >= end) return this;
    if (value instanceof Uint8Array && value.length === 1) [value] = value;
    if (!(value instanceof Uint8Array)) {
      Uint8Array.prototype.fill.call(this, value & 255, start, end);
      return this;
    }
    if (value.length === 0) throw errors.argValue('value', value);
    this.set(value.length > end - start ? value.subarray(0, end - start) : value, start);
    for (let done = Math.min(value.length, end - start); done < end - start; done *= 2) {
      this.copyWithin(start + done, start, start + Math.min(done, end - start - done));
    }
    return this;
  },
  indexOf(value, offset, encoding) { return search(this, value, offset, encoding, true); },
  lastIndexOf(value, offset, encoding) { return search(this, value, offset, encoding, false); },
  includes(value, offset, encoding) { return search(this, value, offset, encoding, true) !== -1; },
  inspect() {
    const shown = exports.INSPECT_MAX_BYTES;
    let text = codec.decode(this.subarray(0, shown), 'hex').replace(/(.{2})(?=.)/g, '$1 ');
    const more = this.length - shown;
    if (more > 0) text += ` ... ${more} more byte${more > 1 ? 's' : ''}`;
    return `<${this.constructor.name} ${text}>`;
  },
};
methods.toLocaleString = methods.toString;
for (const encoding of ['utf8', 'utf16le', 'latin1', 'ascii', 'hex', 'base64', 'base64url']) {
  for (const suffix of encoding === 'utf16le' ? ['ucs2', 'utf16le'] : [encoding]) {
    methods[`${suffix}Slice`] = function (start, end) { return this.toString(encoding, start, end); };
    methods[`${suffix}Write`] = function (text, offset, length) { return this.write(text, offset, length, encoding); };
  }
}
for (const name of Object.keys(methods)) {
  Object.defineProperty(Buffer.prototype, name, {
    value: methods[name], writable: true, configurable: true, enumerable: true,
  });
}
Object.defineProperty(Buffer.prototype, inspectCustom, {
  value: methods.inspect, writable: true, configurable: true, enumerable: false,
});
Object.defineProperty(Buffer.prototype, 'parent', { configurable: true, enumerable: true, get() { return this.buffer; } });
Object.defineProperty(Buffer.prototype, 'offset', { configurable: true, enumerable: true, get() { return this.byteOffset; } });
require('buffer_numbers').install(Buffer.prototype);

function invalidCharacter() {
  if (typeof DOMException === 'function') return new DOMException('Invalid character', 'InvalidCharacterError');
  const err = new Error('Invalid character');
  err.name = 'InvalidCharacterError';
  err.code = 5;
  return err;
}
function btoa(input) {
  if (arguments.length === 0) throw errors.make(TypeError, 'ERR_MISSING_ARGS', 'The "input" argument must be specified');
  const text = String(input);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) throw invalidCharacter();
  return codec.decode(codec.encode(text, 'latin1'), 'base64');
}
function atob(input) {
  if (arguments.length === 0) throw errors.make(TypeError, 'ERR_MISSING_ARGS', 'The "input" argument must be specified');
  let text = String(input).replace(/[\t\n\f\r ]/g, '');
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, '');
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) throw invalidCharacter();
  return codec.decode(codec.encode(text, 'base64'), 'latin1');
}

function transcode(source, from, to) {
  needBytes(source, 'source');
  return Buffer.from(Buffer.from(source).toString(from), to);
}
function isUtf8(input) {
  return native.utf8Decode(codec.exactBuffer(new Uint8Array(input.buffer || input, input.byteOffset || 0, input.byteLength)), true) !== null;
}
function isAscii(input) {
  return new Uint8Array(input.buffer || input, input.byteOffset || 0, input.byteLength).every((b) => b < 128);
}

module.exports = exports = {
  Buffer,
  SlowBuffer: function SlowBuffer(size) { return Buffer.allocUnsafeSlow(size); },
  kMaxLength,
  kStringMaxLength,
  constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength },
  INSPECT_MAX_BYTES: 50,
  atob,
  btoa,
  transcode,
  isUtf8,
  isAscii,
};
