'use strict';
// crypto: hashes, HMACs, random values, PBKDF2 and HKDF, constant-time
// comparison. Ciphers, signatures, key pairs and key agreement are not
// available; those names throw ERR_CRYPTO_NOT_SUPPORTED when called. Hash and
// Hmac objects take update() and digest() (and write/end), but are no streams.

const { Buffer } = require('buffer');
const { exactBuffer } = require('buffer_encoding');
const errors = require('internal_errors');
const later = require('internal_later');

const ALGORITHMS = { md5: 16, sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64, __proto__: null };
const isKeyObject = Symbol.for('certifyd.keyObject');

// "SHA-256", "RSA-SHA256" and "sha2-256" all mean sha256.
function algorithm(name) {
  const plain = name.toLowerCase().replace(/^(rsa-|hmac)/, '').replace(/^(sha)-?2?-?(?=(224|256|384|512)$)/, '$1').replace(/^sha-1$/, 'sha1');
  return plain in ALGORITHMS ? plain : undefined;
}

function bytesOf(data, encoding, name) {
  if (typeof data === 'string') return Buffer.from(data, Buffer.isEncoding(encoding) ? encoding : 'utf8');
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw errors.argType(name, 'of type string or an instance of Buffer, TypedArray, or DataView', data);
}
const owned = (bytes) => Buffer.from(bytes);
const output = (buffer, encoding) => {
  const bytes = Buffer.from(buffer);
  return encoding === undefined || encoding === null || encoding === 'buffer' ? bytes : bytes.toString(encoding);
};

function Digest(run) {
  Object.defineProperty(this, 'state', { value: { run, chunks: [], done: false }, enumerable: false });
}
function finalized() {
  return errors.make(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
}
Digest.prototype.update = function update(data, encoding) {
  if (this.state.done) throw finalized();
  this.state.chunks.push(owned(bytesOf(data, encoding, 'data')));
  return this;
};
Digest.prototype.digest = function digest(encoding) {
  const { state } = this;
  if (state.done) throw finalized();
  state.done = true;
  const bytes = state.chunks.length === 1 ? state.chunks[0] : Buffer.concat(state.chunks);
  state.chunks = [];
  return output(state.run(exactBuffer(bytes)), encoding);
};
Digest.prototype.write = function write(data, encoding) {
  this.update(data, encoding);
  return true;
};
Digest.prototype.end = function end(data, encoding) {
  if (data !== undefined) this.update(data, encoding);
  return this;
};
Digest.prototype.read = function read() {
  return this.state.done ? null : this.digest();
};

function Hash(name, options) {
  if (!(this instanceof Hash)) return new Hash(name, options);
  errors.needString(name, 'algorithm');
  const known = algorithm(name);
  if (!known) throw new Error('Digest method not supported');
  Digest.call(this, (bytes) => native.hash(known, bytes));
  this.state.name = known;
}
Object.setPrototypeOf(Hash.prototype, Digest.prototype);
Hash.prototype.copy = function copy() {
  if (this.state.done) throw finalized();
  const twin = new Hash(this.state.name);
  twin.state.chunks = this.state.chunks.slice();
  return twin;
};

function keyBytes(key) {
  if (key instanceof KeyObject) return key.export();
  return bytesOf(key, undefined, 'key');
}
function Hmac(name, key) {
  if (!(this instanceof Hmac)) return new Hmac(name, key);
  errors.needString(name, 'hmac');
  const secret = exactBuffer(owned(keyBytes(key)));
  const known = algorithm(name);
  if (!known) throw errors.make(TypeError, 'ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${name}`);
  Digest.call(this, (bytes) => native.hmac(known, secret, bytes));
}
Object.setPrototypeOf(Hmac.prototype, Digest.prototype);
Hmac.prototype.digest = function digest(encoding) {
  if (this.state.done) return output(new ArrayBuffer(0), encoding);
  return Digest.prototype.digest.call(this, encoding);
};

// Only secret keys exist here.
class KeyObject {
  #bytes;
  constructor(type, bytes) {
    if (type !== 'secret') throw notSupported(`KeyObject of type ${type}`);
    this.#bytes = owned(bytes);
  }
  get type() { return 'secret'; }
  get symmetricKeySize() { return this.#bytes.length; }
  get [isKeyObject]() { return true; }
  export(options) {
    if (options && options.format === 'jwk') return { kty: 'oct', k: this.#bytes.toString('base64url') };
    return owned(this.#bytes);
  }
  equals(other) { return other instanceof KeyObject && this.#bytes.equals(other.export()); }
}
const createSecretKey = (key, encoding) => new KeyObject('secret', bytesOf(key, encoding, 'key'));

// ---- random ---------------------------------------------------------------

function randomBytes(size, callback) {
  errors.needNumber(size, 'size');
  if (!(size >= 0 && size <= 2 ** 31 - 1)) throw errors.outOfRange('size', `>= 0 && <= ${2 ** 31 - 1}`, size);
  if (callback !== undefined) errors.needFunction(callback, 'callback');
  const bytes = Buffer.from(native.random(Math.floor(size)));
  if (callback === undefined) return bytes;
  later(callback, null, bytes);
  return undefined;
}

function randomFillSync(target, offset = 0, size) {
  if (!ArrayBuffer.isView(target) && !(target instanceof ArrayBuffer)) {
    throw errors.argType('buf', 'an instance of ArrayBuffer or ArrayBufferView', target);
  }
  const unit = target.BYTES_PER_ELEMENT || 1;
  errors.needNumber(offset, 'offset');
  const from = offset * unit;
  if (!(from >= 0 && from <= target.byteLength)) throw errors.outOfRange('offset', `>= 0 && <= ${target.byteLength}`, from);
  if (size !== undefined) errors.needNumber(size, 'size');
  const count = size === undefined ? target.byteLength - from : size * unit;
  if (!(count >= 0 && from + count <= target.byteLength)) {
    throw errors.outOfRange('size + offset', `<= ${target.byteLength}`, from + count);
  }
  const view = target instanceof ArrayBuffer ? new Uint8Array(target) : new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  view.set(new Uint8Array(native.random(count)), from);
  return target;
}
function randomFill(target, ...rest) {
  const callback = rest.pop();
  errors.needFunction(callback, 'callback');
  randomFillSync(target, ...rest);
  later(callback, null, target);
}

function randomInt(min, max, callback) {
  if (max === undefined || typeof max === 'function') [min, max, callback] = [0, min, max];
  if (!Number.isSafeInteger(min)) throw errors.argType('min', 'a safe integer', min);
  if (!Number.isSafeInteger(max)) throw errors.argType('max', 'a safe integer', max);
  if (max <= min) throw errors.outOfRange('max', `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (range > 2 ** 48 - 1) throw errors.outOfRange('max - min', `<= ${2 ** 48 - 1}`, range);
  if (callback !== undefined) errors.needFunction(callback, 'callback');
  const limit = 2 ** 48 - (2 ** 48 % range);
  let drawn;
  do drawn = Buffer.from(native.random(6)).readUIntBE(0, 6); while (drawn >= limit);
  const value = (drawn % range) + min;
  if (callback === undefined) return value;
  later(callback, undefined, value);
  return undefined;
}

function randomUUID() {
  const bytes = Buffer.from(native.random(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array) {
    throw Object.assign(new TypeError('The data argument must be an integer-type TypedArray'), { name: 'TypeMismatchError' });
  }
  if (array.byteLength > 65536) {
    throw Object.assign(new Error(`The requested length exceeds 65,536 bytes`), { name: 'QuotaExceededError', code: 22 });
  }
  return randomFillSync(array);
}

// ---- derivation and comparison --------------------------------------------

function timingSafeEqual(a, b) {
  const view = (value, name) => {
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) {
      throw errors.argType(name, 'an instance of ArrayBuffer, Buffer, TypedArray, or DataView', value);
    }
    return bytesOf(value, undefined, name);
  };
  const [x, y] = [view(a, 'buf1'), view(b, 'buf2')];
  if (x.length !== y.length) {
    throw errors.make(RangeError, 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', 'Input buffers must have the same byte length');
  }
  let different = 0;
  for (let i = 0; i < x.length; i++) different |= x[i] ^ y[i];
  return different === 0;
}

function digestName(name) {
  errors.needString(name, 'digest');
  const known = algorithm(name);
  if (!known) throw errors.make(TypeError, 'ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${name}`);
  return known;
}

function pbkdf2Sync(password, salt, iterations, length, digest) {
  const known = digestName(digest);
  const key = exactBuffer(owned(bytesOf(password, undefined, 'password')));
  const prefix = owned(bytesOf(salt, undefined, 'salt'));
  errors.needInteger(iterations, 'iterations', 1, 2 ** 31 - 1);
  errors.needInteger(length, 'keylen', 0, 2 ** 31 - 1);
  if (typeof native.pbkdf2 === 'function') return Buffer.from(native.pbkdf2(known, key, exactBuffer(prefix), iterations, length));
  const out = Buffer.alloc(length);
  const counter = Buffer.alloc(4);
  for (let at = 0, block = 1; at < length; block++) {
    counter.writeUInt32BE(block, 0);
    let last = native.hmac(known, key, exactBuffer(Buffer.concat([prefix, counter])));
    const sum = new Uint8Array(last.slice(0));
    for (let i = 1; i < iterations; i++) {
      last = native.hmac(known, key, last);
      const bytes = new Uint8Array(last);
      for (let j = 0; j < sum.length; j++) sum[j] ^= bytes[j];
    }
    const part = sum.subarray(0, Math.min(sum.length, length - at));
    out.set(part, at);
    at += part.length;
  }
  return out;
}
function pbkdf2(password, salt, iterations, length, digest, callback) {
  if (typeof digest === 'function') throw errors.argType('digest', 'of type string', undefined);
  errors.needFunction(callback, 'callback');
  const key = pbkdf2Sync(password, salt, iterations, length, digest);
  later(callback, null, key);
}

function hkdfSync(digest, key, salt, info, length) {
  const known = digestName(digest);
  const size = ALGORITHMS[known];
  errors.needInteger(length, 'length', 0, 2 ** 31 - 1);
  if (length > 255 * size) throw errors.make(RangeError, 'ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length');
  const saltBytes = owned(bytesOf(salt, undefined, 'salt'));
  const secret = native.hmac(known, exactBuffer(saltBytes.length ? saltBytes : Buffer.alloc(size)), exactBuffer(owned(keyBytes(key))));
  const context = owned(bytesOf(info, undefined, 'info'));
  let last = Buffer.alloc(0);
  const parts = [];
  for (let i = 1; parts.length * size < length; i++) {
    last = Buffer.from(native.hmac(known, secret, exactBuffer(Buffer.concat([last, context, Buffer.from([i])]))));
    parts.push(last);
  }
  return exactBuffer(Buffer.from(Buffer.concat(parts).subarray(0, length)));
}
function hkdf(digest, key, salt, info, length, callback) {
  errors.needFunction(callback, 'callback');
  later(callback, null, hkdfSync(digest, key, salt, info, length));
}

// ---- what is missing ------------------------------------------------------

function notSupported(name) {
  return errors.make(Error, 'ERR_CRYPTO_NOT_SUPPORTED', `crypto.${name} is not available in a cloud function`);
}
const MISSING = ['createSign', 'createVerify', 'sign', 'verify', 'createCipheriv', 'createDecipheriv', 'createCipher',
  'createDecipher', 'createPrivateKey', 'createPublicKey', 'createDiffieHellman', 'createDiffieHellmanGroup',
  'getDiffieHellman', 'createECDH', 'diffieHellman', 'generateKeyPair', 'generateKeyPairSync', 'generateKey',
  'generateKeySync', 'generatePrime', 'generatePrimeSync', 'checkPrime', 'checkPrimeSync', 'publicEncrypt',
  'publicDecrypt', 'privateEncrypt', 'privateDecrypt', 'scrypt', 'scryptSync', 'setEngine', 'X509Certificate'];
for (const name of MISSING) exports[name] = { [name]: function () { throw notSupported(name); } }[name];

const subtle = {};
for (const name of ['encrypt', 'decrypt', 'sign', 'verify', 'generateKey', 'deriveKey', 'deriveBits', 'importKey',
  'exportKey', 'wrapKey', 'unwrapKey']) {
  subtle[name] = async () => { throw notSupported(`subtle.${name}`); };
}
subtle.digest = async (name, data) => {
  const known = algorithm(String(name && typeof name === 'object' ? name.name : name));
  if (!known || known === 'md5') throw Object.assign(new Error('Unrecognized algorithm name'), { name: 'NotSupportedError' });
  return native.hash(known, exactBuffer(owned(bytesOf(data, undefined, 'data'))));
};

Object.assign(exports, {
  createHash: (name, options) => new Hash(name, options),
  createHmac: (name, key) => new Hmac(name, key),
  createSecretKey,
  hash(name, data, encoding = 'hex') {
    errors.needString(name, 'algorithm');
    return new Hash(name).update(data).digest(encoding);
  },
  Hash, Hmac, KeyObject,
  getHashes: () => ['RSA-MD5', 'RSA-SHA1', 'RSA-SHA224', 'RSA-SHA256', 'RSA-SHA384', 'RSA-SHA512', ...Object.keys(ALGORITHMS)],
  getCiphers: () => [],
  getCurves: () => [],
  getCipherInfo: () => undefined,
  getFips: () => 0,
  randomBytes, pseudoRandomBytes: randomBytes, rng: randomBytes, prng: randomBytes,
  randomFill, randomFillSync, randomInt, randomUUID, getRandomValues,
  timingSafeEqual, pbkdf2, pbkdf2Sync, hkdf, hkdfSync,
  subtle,
  webcrypto: { getRandomValues, randomUUID, subtle },
  constants: {},
});
