// Signed calls of the gateway without an SDK between, and chance that repeats.

import { createSign } from 'node:crypto';
import http from 'node:http';
import { keyFile, keyText } from '../../conformance/lib/openapi.mjs';

export const INITIALIZE = 'alipay.user.certify.open.initialize';
export const QUERY = 'alipay.user.certify.open.query';
export const STATUS = 'certifyd.certification.status';

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
const key = keyText('app_private_pkcs1.pem');
const HOURS_8 = 8 * 3_600_000;

/** The gateway's key and one application for each id. */
export const tablesFor = (ids, more = {}) => ({
  gateway: { private_key: keyFile('alipay_private_pkcs8.pem') },
  apps: ids.map((id) => ({ id, public_key: keyFile('app_public.pem'), ...more })),
});

/** The form body of a signed call. */
export function signed(app, method, content, more = {}) {
  const parameters = {
    app_id: app, method, format: 'JSON', charset: 'utf-8', sign_type: 'RSA2', version: '1.0',
    timestamp: new Date(Date.now() + HOURS_8).toISOString().slice(0, 19).replace('T', ' '),
    biz_content: JSON.stringify(content),
    ...more,
  };
  const text = Object.keys(parameters).sort().map((name) => `${name}=${parameters[name]}`).join('&');
  parameters.sign = createSign('RSA-SHA256').update(text).sign(key, 'base64');
  return new URLSearchParams(parameters).toString();
}

/** Sends a form; gives the text and the time to it in milliseconds. Rejects when the server is gone. */
export function post(url, body, type = 'application/x-www-form-urlencoded') {
  return new Promise((done, failed) => {
    const began = process.hrtime.bigint();
    const { hostname, port, pathname } = new URL(url);
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const request = http.request({ hostname, port, path: pathname, method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => done({ text, status: answer.statusCode, ms: Number(process.hrtime.bigint() - began) / 1e6 }));
      answer.on('error', failed);
    });
    request.on('error', failed);
    request.end(body);
  });
}

/** The node of an answer, as an object and as the text that was signed. */
export function nodeOf(text, method) {
  const name = `${method.replaceAll('.', '_')}_response`;
  const whole = JSON.parse(text);
  return { node: whole[name], text: text.slice(0, text.lastIndexOf(',"sign":"')) };
}

/** Numbers below one that repeat with the seed (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, below: (most) => Math.floor(next() * most), pick: (list) => list[Math.floor(next() * list.length)] };
}

/** `--name value` of the command line, with defaults. Every value is text or, where the default is one, a number. */
export function options(defaults) {
  const given = { ...defaults };
  for (let at = 2; at < process.argv.length; at += 2) {
    const name = process.argv[at].replace(/^--/, '');
    if (!(name in defaults)) throw new Error(`unknown option --${name}; there are --${Object.keys(defaults).join(', --')}`);
    given[name] = typeof defaults[name] === 'number' ? Number(process.argv[at + 1]) : process.argv[at + 1];
  }
  return given;
}

export const content = (outerOrderNo, more = {}) => ({
  outer_order_no: outerOrderNo,
  biz_code: 'FACE',
  identity_param: { identity_type: 'CERT_INFO', cert_type: 'IDENTITY_CARD', cert_name: '张测试', cert_no: '11000019900307001X' },
  merchant_config: { return_url: 'https://merchant.example/done' },
  ...more,
});
