// The OpenAPI wire without an SDK: canonical strings, signatures, AES and GBK, both versions of the protocol.

import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createSign, createVerify, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './server.mjs';

const KEYS = join(repository, 'crates/wire/tests/vectors/openapi/keys');
export const keyFile = (name) => join(KEYS, name);
export const keyText = (name) => readFileSync(keyFile(name), 'utf8');

export const INITIALIZE = 'alipay.user.certify.open.initialize';
export const CERTIFY = 'alipay.user.certify.open.certify';
export const QUERY = 'alipay.user.certify.open.query';
export const DOWNLOAD = 'alipay.open.app.alipaycert.download';

export const V3_INITIALIZE = '/v3/alipay/user/certify/open/initialize';
export const V3_QUERY = '/v3/alipay/user/certify/open/query';

/** The members of an order in the spelling of the wire. */
export function snake(value) {
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), snake(inner)]),
  );
}

const HOUR_MS = 3_600_000;
const wallClock = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
/** `yyyy-MM-dd HH:mm:ss` as UTC+8, `hours` from now. */
export const chinaTime = (hours = 0) => wallClock(Date.now() + (8 + hours) * HOUR_MS);
export const utcTime = (hours = 0) => chinaTime(hours - 8);

// GB18030 beyond the two-byte plane: supplementary characters count up from 90 30 81 30.
const SUPPLEMENTARY_START = 189_000;
function supplementary(codePoint) {
  const linear = codePoint - 0x10000 + SUPPLEMENTARY_START;
  return [
    0x81 + Math.floor(linear / 12600),
    0x30 + (Math.floor(linear / 1260) % 10),
    0x81 + (Math.floor(linear / 10) % 126),
    0x30 + (linear % 10),
  ];
}

let twoBytes;
function gbkTable() {
  if (twoBytes) return twoBytes;
  twoBytes = new Map();
  const decoder = new TextDecoder('gbk');
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      if (trail === 0x7f) continue;
      const text = decoder.decode(Uint8Array.of(lead, trail));
      if (text.length === 1 && text !== '\ufffd' && !twoBytes.has(text)) twoBytes.set(text, [lead, trail]);
    }
  }
  return twoBytes;
}

/** The bytes of a text in `utf-8`, `gbk` or `gb18030`. */
export function encode(text, charset = 'utf-8') {
  if (/^utf-?8$/i.test(charset)) return Buffer.from(text);
  const bytes = [...text].flatMap((character) => {
    const codePoint = character.codePointAt(0);
    if (codePoint < 0x80) return [codePoint];
    if (codePoint > 0xffff) return supplementary(codePoint);
    const pair = gbkTable().get(character);
    if (!pair) throw new Error(`${character} is not in the table of GBK`);
    return pair;
  });
  return Buffer.from(bytes);
}

const percent = (bytes) =>
  Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

/** The parameters as a form, every value percent-encoded in the charset. */
export const form = (parameters, charset) =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${percent(encode(value, charset))}`)
    .join('&');

export const canonical = (parameters) =>
  Object.keys(parameters)
    .filter((name) => name !== 'sign' && parameters[name] !== '')
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join('&');

/** A signed v2 request of the application; `more` adds to or replaces the parameters, `signedAs` is another charset. */
export function signedV2(appId, method, bizContent, more = {}, signedAs = more.charset) {
  const parameters = {
    app_id: appId,
    method,
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: chinaTime(),
    version: '1.0',
    biz_content: typeof bizContent === 'string' ? bizContent : JSON.stringify(bizContent),
    ...more,
  };
  const bytes = encode(canonical(parameters), signedAs);
  const sign = createSign('RSA-SHA256').update(bytes).sign(keyText('app_private_pkcs1.pem'), 'base64');
  return { ...parameters, sign };
}

/** Posts the parameters as a form body, and takes the answer apart. */
export async function postV2(server, parameters) {
  const { charset, method } = parameters;
  const response = await fetch(server.gateway, {
    method: 'POST',
    headers: { 'content-type': `application/x-www-form-urlencoded;charset=${charset}` },
    body: form(parameters, charset),
  });
  return readV2(response, method, charset);
}

export async function readV2(response, method, charset = 'utf-8') {
  assert.equal(response.status, 200);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { contentType: response.headers.get('content-type'), bytes, ...takeApart(bytes, method, charset) };
}

/**
 * The members of a v2 answer, in the one order that every client accepts, and the node's exact bytes.
 * It looks only for bytes that are no part of a GBK character.
 */
export function takeApart(bytes, method, charset = 'utf-8') {
  const text = bytes.toString('latin1').replace(/\n$/, '');
  const head = `{"${method.replaceAll('.', '_')}_response":`;
  assert.ok(text.startsWith(head), `the method's node comes first: ${text.slice(0, 100)}`);
  const tail = /(?:,"alipay_cert_sn":"([0-9a-f]{32})")?,"sign":"([A-Za-z0-9+/=]+)"\}$/.exec(text);
  assert.ok(tail, 'alipay_cert_sn and sign end the answer');
  const node = bytes.subarray(head.length, tail.index);
  const value = JSON.parse(new TextDecoder(charset, { fatal: true }).decode(node));
  return { node, value, certSn: tail[1], sign: tail[2] };
}

/** Was this signed by the gateway, with this digest? */
export const byGateway = (bytes, sign, digest = 'RSA-SHA256') =>
  createVerify(digest).update(bytes).verify(keyText('alipay_public.pem'), sign, 'base64');

export const aesKey = () => keyText('aes_key.txt').trim();
const ZERO_IV = Buffer.alloc(16);

export function encrypt(text, key = aesKey(), iv = ZERO_IV) {
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(key, 'base64'), iv);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
}

export function decrypt(bytes, key = aesKey(), iv = ZERO_IV) {
  const decipher = createDecipheriv('aes-128-cbc', Buffer.from(key, 'base64'), iv);
  return Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8');
}

/** The form of `AES_V2`: a random IV before the ciphertext. */
export function encryptV2(text) {
  const iv = randomBytes(16);
  return Buffer.concat([iv, encrypt(text, aesKey(), iv)]);
}
export const decryptV2 = (bytes) => decrypt(bytes.subarray(16), aesKey(), bytes.subarray(0, 16));

/** A signed v3 request: what `fetch` takes after the address. */
export function signedV3(appId, verb, target, { body = '', timestamp = Date.now(), nonce = randomUUID(), headers = {} } = {}) {
  const auth = `app_id=${appId},nonce=${nonce},timestamp=${timestamp}`;
  const sign = createSign('RSA-SHA256')
    .update(`${auth}\n${verb}\n${target}\n${body}\n`)
    .sign(keyText('app_private_pkcs1.pem'), 'base64');
  return {
    method: verb,
    headers: {
      authorization: `ALIPAY-SHA256withRSA ${auth},sign=${sign}`,
      'alipay-request-id': randomUUID().replaceAll('-', ''),
      'content-type': 'application/json',
      ...headers,
    },
    body: verb === 'GET' ? undefined : body,
  };
}

/** Does the v3 answer carry the gateway's signature over this body? */
export const v3ByGateway = (header, body) =>
  byGateway(`${header('alipay-timestamp')}\n${header('alipay-nonce')}\n${body}\n`, header('alipay-signature'));
