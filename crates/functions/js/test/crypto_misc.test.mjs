import test from 'node:test';
import assert from 'node:assert';
import { inside, lit, load, same, seeded } from './loader.mjs';

const C = "require('crypto')";
test('hashes and hmacs', () => {
  const r = seeded(21);
  const sources = [];
  for (const alg of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'SHA256', 'RSA-SHA256', 'sha-256']) {
    for (const enc of ['"hex"', '"base64"', '"base64url"', '"latin1"', '', '"buffer"', 'null']) {
      sources.push(`${C}.createHash('${alg}').update(${lit(r.text('abcé', 20))}).update(Buffer.from('x')).digest(${enc})`);
      if (alg !== 'sha-256') sources.push(`${C}.createHmac('${alg}',${lit(r.text('k', 200))}).update(${lit(r.text('abcé', 20))}).digest(${enc})`);
    }
  }
  sources.push(`${C}.createHash('nope')`, `${C}.createHash(5)`, `${C}.createHmac('nope','k')`, `${C}.createHmac('md5')`, `${C}.createHmac('md5',5)`, `${C}.createHash('md5').update(5)`, `(h=>{h.digest();h.digest()})(${C}.createHash('md5'))`, `(h=>{h.digest();h.update('a')})(${C}.createHash('md5'))`,
    `(h=>{h.digest();return h.digest('hex')})(${C}.createHmac('md5','k'))`, `(h=>{h.update('a');const k=h.copy();h.update('b');return [h.digest('hex'),k.digest('hex')]})(${C}.createHash('sha256'))`, `${C}.createHash('md5').digest('hex')`, `${C}.createHash('md5').update('ff','hex').digest('hex')`,
    `${C}.createHash('md5').update(new Uint16Array([1,2])).digest('hex')`, `${C}.createHmac('sha256',${C}.createSecretKey(Buffer.from('k'))).update('a').digest('hex')`, `${C}.createHmac('sha256',new Uint8Array([1])).update('a').digest('hex')`, `${C}.createHash('md5').update('').digest('hex')`,
    `${C}.createSecretKey('aabb','hex').export()`, `${C}.createSecretKey(Buffer.from('k')).type`, `${C}.pbkdf2Sync('pw','salt',5,70,'sha256').toString('hex')`, `${C}.pbkdf2Sync('pw',Buffer.from('s'),1,20,'sha512').toString('hex')`, `${C}.pbkdf2Sync('pw','s',0,20,'sha1')`, `${C}.pbkdf2Sync('pw','s',1,20,'nope')`, `${C}.pbkdf2Sync('pw','s',1,20)`,
    `Buffer.from(${C}.hkdfSync('sha256','key','salt','info',100)).toString('hex')`, `Buffer.from(${C}.hkdfSync('sha512','key','','',10)).toString('hex')`, `${C}.timingSafeEqual(Buffer.from('a'),Buffer.from('a'))`, `${C}.timingSafeEqual(Buffer.from('a'),Buffer.from('b'))`, `${C}.timingSafeEqual(Buffer.from('a'),Buffer.from('ab'))`, `${C}.timingSafeEqual('a','a')`);
  same(sources);
  assert.equal(inside(`${C}.hash('sha1','abc')`), 'a9993e364706816aba3e25717850c26c9cd0d89d');
});
test('random values', async () => {
  same([`${C}.randomBytes(8).length`, `Buffer.isBuffer(${C}.randomBytes(8))`, `${C}.randomBytes(-1)`, `${C}.randomBytes('x')`, `${C}.randomInt(1)`, `${C}.randomInt(5,6)`, `${C}.randomInt(5,5)`, `${C}.randomInt(0.5)`, `${C}.randomInt('a')`, `${C}.randomInt(0,2**48+1)`,
    `/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(${C}.randomUUID())`, `${C}.randomFillSync(Buffer.alloc(4)).length`, `${C}.randomFillSync(Buffer.alloc(4),5)`, `${C}.randomFillSync(5)`, `${C}.randomFillSync(Buffer.alloc(4),4,0).toString('hex')`, `${C}.randomFillSync(Buffer.alloc(4),0,0).toString('hex')`,
    `${C}.getRandomValues(new Uint8Array(3)).length`, `${C}.webcrypto.getRandomValues(new Uint32Array(3)).length`, `${C}.getCiphers !== undefined`]);
  assert.equal(await inside(`new Promise(r=>${C}.randomBytes(5,(e,b)=>r(b.length)))`), 5);
  assert.equal(await inside(`new Promise(r=>${C}.randomInt(3,4,(e,n)=>r(n)))`), 3);
  assert.equal(await inside(`new Promise(r=>${C}.pbkdf2('p','s',2,8,'md5',(e,k)=>r(k.toString('hex')+(k.equals(${C}.pbkdf2Sync('p','s',2,8,'md5')))))).then(s=>s.slice(16))`), 'true');
  assert.equal(await inside(`${C}.webcrypto.subtle.digest('SHA-256',Buffer.from('abc')).then(b=>Buffer.from(b).toString('hex').slice(0,8))`), 'ba7816bf');
  const seen = new Set(Array.from({ length: 200 }, () => inside(`${C}.randomInt(3)`)));
  assert.deepEqual([...seen].sort(), [0, 1, 2]);
});
test('what crypto lacks says so', () => {
  for (const name of ['createSign', 'createVerify', 'createCipheriv', 'scryptSync', 'generateKeyPairSync', 'createPrivateKey']) {
    assert.throws(() => load('crypto')[name](), { code: 'ERR_CRYPTO_NOT_SUPPORTED', message: `crypto.${name} is not available in a cloud function` });
  }
});
test('refused modules', async () => {
  const refused = load('refused');
  const fs = refused('fs', 'use the storage interface', { constants: { R_OK: 4 } });
  assert.equal(typeof fs, 'object');
  assert.throws(() => fs.readFileSync('x'), { code: 'ERR_ACCESS_REFUSED', message: 'fs.readFileSync is not available in a cloud function: use the storage interface' });
  assert.throws(() => fs.promises.readFile('x'), { message: /^fs\.promises\.readFile is not/ });
  assert.throws(() => new fs.ReadStream(), { code: 'ERR_ACCESS_REFUSED' });
  assert.equal(fs.readFileSync, fs.readFileSync);
  assert.equal(fs.constants.R_OK, 4);
  assert.equal(await fs, fs);
  assert.equal(typeof (await fs.promises).readFile, 'function');
  for (const key of ['then', 'default', '__esModule', Symbol.iterator, Symbol.toPrimitive]) assert.equal(fs[key], undefined);
  for (const key of ['then', Symbol.iterator]) assert.equal(fs.readFile[key], undefined);
  assert.equal(JSON.stringify(fs), '{"constants":{"R_OK":4}}');
  assert.equal(typeof load('util').inspect(fs), 'string');
  assert.equal(typeof load('util').inspect(fs.readFile), 'string');
  const net = refused('net', 'r');
  class Mine extends net.Socket {}
  assert.throws(() => new Mine(), { message: 'net.Socket is not available in a cloud function: r' });
  load('util').inherits(function Old() {}, net.Server);
  assert.equal(typeof load('util').promisify(fs.readFile), 'function');
  fs.extra = 5;
  assert.equal(fs.extra, 5);
  const { readFile } = fs;
  assert.throws(() => readFile.call(null), { code: 'ERR_ACCESS_REFUSED' });
});
test('os, timers', async () => {
  same(["require('os').EOL", "require('os').platform()", "require('os').type()", "require('os').endianness()", "require('os').tmpdir()", "require('os').devNull"]);
  assert.equal(inside("require('os').hostname()"), 'function');
  assert.equal(await inside("require('timers/promises').setTimeout(1,'v')"), 'v');
  assert.equal(await inside("require('timers').promises.setImmediate('i')"), 'i');
  assert.equal(await inside("new Promise(r=>require('timers').setTimeout(r,1,'x'))"), 'x');
});
