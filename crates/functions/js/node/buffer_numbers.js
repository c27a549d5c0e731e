'use strict';
// The numeric accessors of Buffer (readUInt8 … writeDoubleBE) and the swaps,
// put on a prototype by install(). Values pass through plain arithmetic, which
// is exact up to the 48 bits the API allows; 64 bits go through BigInt.

const errors = require('internal_errors');

function checkOffset(buf, offset, size) {
  const value = buf[offset];
  if (value !== undefined && buf[offset + size - 1] !== undefined && typeof offset === 'number') return;
  errors.needNumber(offset, 'offset');
  if (!Number.isInteger(offset)) throw errors.outOfRange('offset', 'an integer', offset);
  if (buf.length - size < 0) {
    throw errors.make(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', 'Attempt to access memory outside buffer bounds');
  }
  throw errors.outOfRange('offset', `>= 0 and <= ${buf.length - size}`, offset);
}

function checkSize(size) {
  if (size === undefined) throw errors.argType('byteLength', 'of type number', size);
  errors.needInteger(size, 'byteLength', 1, 6);
}

function readUnsigned(buf, offset, size, little) {
  checkOffset(buf, offset, size);
  let value = 0;
  if (little) for (let i = size; i-- > 0;) value = value * 256 + buf[offset + i];
  else for (let i = 0; i < size; i++) value = value * 256 + buf[offset + i];
  return value;
}

function readSigned(buf, offset, size, little) {
  const value = readUnsigned(buf, offset, size, little);
  const half = 2 ** (8 * size - 1);
  return value >= half ? value - 2 * half : value;
}

function checkValue(value, signed, size, suffix) {
  const bits = 8 * size;
  const big = suffix === 'n';
  const low = signed ? (big ? -(2n ** BigInt(bits - 1)) : -(2 ** (bits - 1))) : (big ? 0n : 0);
  const span = big ? 2n ** BigInt(bits) : 2 ** bits;
  const high = low + span - (big ? 1n : 1);
  if (!(value > high || value < low)) return;
  let range = `>= ${low}${suffix} and <= ${high}${suffix}`;
  if (size > 4) {
    range = signed
      ? `>= -(2${suffix} ** ${bits - 1}${suffix}) and < 2${suffix} ** ${bits - 1}${suffix}`
      : `>= 0${suffix} and < 2${suffix} ** ${bits}${suffix}`;
  }
  throw errors.outOfRange('value', range, value);
}

function writeInteger(buf, value, offset, size, little, signed) {
  value = +value;
  checkValue(value, signed, size, '');
  checkOffset(buf, offset, size);
  let rest = Math.trunc(value) || 0;
  if (rest < 0) rest += 2 ** (8 * size);
  for (let i = 0; i < size; i++) {
    buf[offset + (little ? i : size - 1 - i)] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return offset + size;
}

const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);
const floats = new Float32Array(1);
const floatBytes = new Uint8Array(floats.buffer);
const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function copyBytes(from, fromAt, to, toAt, size, reverse) {
  for (let i = 0; i < size; i++) to[toAt + i] = from[fromAt + (reverse ? size - 1 - i : i)];
}

function swap(size) {
  return function () {
    if (this.length % size !== 0) {
      throw errors.make(RangeError, 'ERR_INVALID_BUFFER_SIZE', `Buffer size must be a multiple of ${size * 8}-bits`);
    }
    for (let at = 0; at < this.length; at += size) {
      for (let i = 0, j = size - 1; i < j; i++, j--) {
        const held = this[at + i];
        this[at + i] = this[at + j];
        this[at + j] = held;
      }
    }
    return this;
  };
}

function install(proto) {
  const put = (name, fn) => {
    const method = { value: fn, writable: true, configurable: true, enumerable: true };
    Object.defineProperty(proto, name, method);
    if (name.includes('UInt')) Object.defineProperty(proto, name.replace('UInt', 'Uint'), method);
    if (name.includes('BigUInt')) Object.defineProperty(proto, name.replace('BigUInt', 'BigUint'), method);
  };
  for (const signed of [false, true]) {
    const kind = signed ? 'Int' : 'UInt';
    const read = signed ? readSigned : readUnsigned;
    put(`read${kind}8`, function (offset = 0) { return read(this, offset, 1, true); });
    put(`write${kind}8`, function (value, offset = 0) { return writeInteger(this, value, offset, 1, true, signed); });
    for (const order of ['LE', 'BE']) {
      const little = order === 'LE';
      for (const size of [2, 4]) {
        put(`read${kind}${size * 8}${order}`, function (offset = 0) { return read(this, offset, size, little); });
        put(`write${kind}${size * 8}${order}`, function (value, offset = 0) {
          return writeInteger(this, value, offset, size, little, signed);
        });
      }
      put(`read${kind}${order}`, function (offset, size) {
        if (offset === undefined) throw errors.argType('offset', 'of type number', offset);
        checkSize(size);
        return read(this, offset, size, little);
      });
      put(`write${kind}${order}`, function (value, offset, size) {
        checkSize(size);
        return writeInteger(this, value, offset, size, little, signed);
      });
      put(`readBig${kind}64${order}`, function (offset = 0) {
        checkOffset(this, offset, 8);
        const first = readUnsigned(this, offset, 4, little);
        const second = readUnsigned(this, offset + 4, 4, little);
        const value = little
          ? (BigInt(second) << 32n) | BigInt(first)
          : (BigInt(first) << 32n) | BigInt(second);
        return signed ? BigInt.asIntN(64, value) : value;
      });
      put(`writeBig${kind}64${order}`, function (value, offset = 0) {
        checkValue(value, signed, 8, 'n');
        checkOffset(this, offset, 8);
        if (typeof value !== 'bigint') throw new TypeError('Cannot mix BigInt and other types, use explicit conversions');
        const bits = BigInt.asUintN(64, value);
        const low = Number(bits & 0xffffffffn);
        const high = Number(bits >> 32n);
        writeInteger(this, little ? low : high, offset, 4, little, false);
        return writeInteger(this, little ? high : low, offset + 4, 4, little, false);
      });
    }
  }
  for (const order of ['LE', 'BE']) {
    const reverse = (order === 'LE') !== hostIsLittle;
    for (const [kind, scratch, bytes] of [['Float', floats, floatBytes], ['Double', doubles, doubleBytes]]) {
      const size = bytes.length;
      put(`read${kind}${order}`, function (offset = 0) {
        checkOffset(this, offset, size);
        copyBytes(this, offset, bytes, 0, size, reverse);
        return scratch[0];
      });
      put(`write${kind}${order}`, function (value, offset = 0) {
        value = +value;
        checkOffset(this, offset, size);
        scratch[0] = value;
        copyBytes(bytes, 0, this, offset, size, reverse);
        return offset + size;
      });
    }
  }
  for (const size of [2, 4, 8]) put(`swap${size * 8}`, swap(size));
}

module.exports = { install };
