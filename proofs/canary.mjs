// Promises 13 and 14: no personal data in clear at rest, nor in a log, an error text or an address.
//
//   node proofs/canary.mjs
//
// Marked people go through every door, rightly and wrongly, at the most talkative log level. Then every file the server
// has written, everything it has logged, and every error and address it has answered is searched for the marks: raw, in
// upper and lower case hexadecimal, Base64 at every offset, percent-encoded, and UTF-16 of both orders. The search is
// tried on planted marks first. Exit code 1 on any hit.

import { createSign, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startConfigured } from '../conformance/lib/configured.mjs';
import { anonymousClient } from '../conformance/lib/mini-program.mjs';
import { keyText } from '../conformance/lib/openapi.mjs';
import { INITIALIZE, QUERY, STATUS, content, nodeOf, post, signed, tablesFor } from './lib/caller.mjs';

const APP = '2021000000000001';
const SPACE = { id: 'space-of-the-canary', client_secret: 'Y2FuYXJ5LWNhbmFyeS1jYW5hcnk=' };

/** What must not be found: people, and secrets. */
const MARKS = {
  name: '金丝雀麒麟',
  otherName: 'Kanarienvogel Zeisig',
  number: '110101199001019932',
  wrongNumber: '119999199902309999',
  phone: '13912345678',
  token: '202611BBcanarycanarycanarycanarycanary01',
  clientSecret: SPACE.client_secret,
  returnQuery: 'canary-session-4711',
};

/** A mark in every spelling it could be written in. */
function spellings(mark) {
  const utf8 = Buffer.from(mark);
  const base64 = [0, 1, 2].map((offset) => {
    // The characters that the bytes before and behind do not touch.
    const text = Buffer.concat([Buffer.alloc(offset), utf8]).toString('base64').replace(/=+$/, '');
    const from = Math.ceil((offset * 8) / 6);
    const to = Math.floor(((offset + utf8.length) * 8) / 6);
    return text.slice(from, to);
  });
  const utf16 = Buffer.from(mark, 'utf16le');
  const texts = [
    utf8, utf16, Buffer.from(utf16).swap16(),
    ...[utf8.toString('hex'), utf8.toString('hex').toUpperCase(), encodeURIComponent(mark), encodeURIComponent(mark).toLowerCase(),
      JSON.stringify(mark).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).slice(1, -1),
      ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))].map((text) => Buffer.from(text)),
  ];
  return [...new Map(texts.filter((text) => text.length >= 6).map((text) => [text.toString('latin1'), text])).values()];
}
const wanted = Object.entries(MARKS).map(([name, mark]) => [name, spellings(mark)]);

const hits = [];
function search(where, bytes) {
  for (const [name, texts] of wanted) {
    if (texts.some((text) => bytes.includes(text))) hits.push(`${name} in ${where}`);
  }
}

/** The search finds what is there, or its silence means nothing. */
function trySearch() {
  let tried = 0;
  for (const [name, mark] of Object.entries(MARKS)) {
    for (const text of spellings(mark)) {
      search('planted', Buffer.concat([Buffer.from('x{"a":"'), text, Buffer.from('"}')]));
      if (hits.pop() === undefined) throw new Error(`the search does not find ${name} as ${text.toString('latin1')}`);
      hits.length = 0;
      tried += 1;
    }
  }
  return tried;
}
const tried = trySearch();

const folder = await mkdtemp(join(tmpdir(), 'certifyd-canary-functions-'));
await mkdir(join(folder, 'open'));
await writeFile(join(folder, 'open', 'index.js'), `module.exports = async (ctx) => {
  const { params, options } = ctx.args;
  return ctx.cloud.member.identification.init(params, options);
};`);
const tables = tablesFor([APP], { profile: 'compatible' });
tables.log = { level: 'debug' };
tables.spaces = [{ ...SPACE, app: APP, functions: folder }];
tables.apps[0].notify_url = 'http://127.0.0.1:9/notify';
const server = await startConfigured(tables);
const logged = [];
server.child.stderr.on('data', (text) => logged.push(text));
server.ready = { app_id: APP, space_id: SPACE.id, client_secret: SPACE.client_secret };
const written = join(server.dir, 'data');

const errors = [];
const addresses = [];
let calls = 0;

function person(change = {}) {
  return {
    identity_type: 'CERT_INFO', cert_type: 'IDENTITY_CARD', cert_name: MARKS.name, cert_no: MARKS.number,
    phone_no: MARKS.phone, ...change,
  };
}
const merchant = { return_url: `https://merchant.example/back?s=${MARKS.returnQuery}` };
const variants = [
  {},
  { identity_param: person({ cert_name: MARKS.otherName }) },
  { identity_param: person({ cert_no: MARKS.wrongNumber }) },
  { identity_param: person({ cert_no: MARKS.name, cert_name: MARKS.number }) },
  { identity_param: person({ cert_type: MARKS.number }) },
  { identity_param: person({ identity_type: MARKS.name }) },
  { identity_param: JSON.stringify(person()) },
  { identity_param: JSON.stringify(JSON.stringify(person())) },
  { identity_param: `{"cert_name":"${MARKS.name}","cert_no":"${MARKS.number}"` },
  { identity_param: [person()] },
  { biz_code: MARKS.number },
  // An order number is the merchant's and kept in clear; too long, it is none.
  { outer_order_no: MARKS.number.repeat(40) },
  { merchant_config: { return_url: `javascript:${MARKS.name}` } },
  { merchant_config: `{"return_url":"${MARKS.returnQuery}` },
  { face_contrast_picture: Buffer.from(MARKS.name).toString('base64') },
];

for (const profile of [0, 1]) {
  for (const [at, variant] of variants.entries()) {
    const order = { ...content(`canary${profile}n${at}`), identity_param: person(), merchant_config: merchant, ...variant };
    const more = profile ? { app_auth_token: MARKS.token } : {};
    const bodies = [signed(APP, INITIALIZE, order, more), signed(APP, INITIALIZE, order, more).replace(/sign=[^&]{20}/, 'sign=AAAAAAAAAAAAAAAAAAAA')];
    for (const body of bodies) {
      const answer = await post(server.gateway, body);
      const { node } = nodeOf(answer.text, INITIALIZE);
      calls += 1;
      if (node.code === '10000') {
        for (const method of [QUERY, STATUS]) await post(server.gateway, signed(APP, method, { certify_id: node.certify_id }));
        const led = await fetch(server.gateway, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: signed(APP, 'alipay.user.certify.open.certify', { certify_id: node.certify_id }) });
        addresses.push(led.headers.get('location') ?? '');
        await fetch(led.headers.get('location'));
        await server.outcome(node.certify_id, at % 2 ? 'passed' : 'failed');
      } else errors.push(answer.text);
    }
    // Version 3, rightly and wrongly signed.
    const body = JSON.stringify(order);
    const auth = `app_id=${APP},nonce=${randomUUID()},timestamp=${Date.now()}`;
    const path = '/v3/alipay/user/certify/open/initialize';
    const sign = createSign('RSA-SHA256').update(`${auth}\nPOST\n${path}\n${body}\n`).sign(keyText('app_private_pkcs1.pem'), 'base64');
    for (const text of [sign, `AAAA${sign.slice(4)}`]) {
      const answer = await fetch(server.endpoint + path, { method: 'POST', body, headers: { authorization: `ALIPAY-SHA256withRSA ${auth},sign=${text}`, 'content-type': 'application/json' } });
      if (!answer.ok) errors.push(await answer.text());
      calls += 1;
    }
  }
}

// Serverless: a page, and a function with a token that is none.
const { sdk } = await anonymousClient(server);
const params = { outerOrderNo: 'canaryserverless1', bizCode: 'FACE', identityParam: person(), merchantConfig: { returnUrl: merchant.return_url } };
for (const [more, options] of [[{}, {}], [{ bizCode: 'X' }, {}], [{}, { appAuthToken: MARKS.token }]]) {
  const told = await sdk.function.invoke('open', { params: { ...params, ...more }, options });
  if (told.result.code !== '10000') errors.push(JSON.stringify(told));
  calls += 1;
}
for (const text of [`{"spaceId":"${SPACE.id}","method":"${MARKS.name}","params":"${MARKS.number}"}`, `{"a":"${MARKS.name}`]) {
  errors.push((await post(`${server.endpoint}/client`, text, 'application/json')).text);
}
for (const path of [`/verify/${MARKS.number}`, `/nothing/${encodeURIComponent(MARKS.name)}?q=${MARKS.phone}`, `/gateway.do?biz_content=${encodeURIComponent(MARKS.name)}`]) {
  errors.push(await (await fetch(server.endpoint + path)).text());
}

// A snapshot is a copy of the database; the files as they lie there while it runs, and once more after a SIGKILL.
await post(`${server.endpoint}/test/snapshots/canary`, '', 'application/json');
const limits = await readFile(`/proc/${server.child.pid}/limits`, 'utf8').catch(() => '');
const core = /Max core file size\s+(\S+)/.exec(limits)?.[1];
let files = 0;
let bytes = 0;
async function searchFolder(path) {
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile()) continue;
    const text = await readFile(file).catch(() => Buffer.alloc(0));
    files += 1;
    bytes += text.length;
    search(file.slice(path.length + 1), text);
  }
}
await searchFolder(written);
await server.kill();
await searchFolder(written);
const log = logged.join('');
search('the log', Buffer.from(log));
search('an error text', Buffer.from(errors.join('\n')));
search('an address', Buffer.from(addresses.join('\n')));
if (log.length < 1000) hits.push('nothing was logged: the search of it means nothing');
if (core !== undefined && core !== '0') hits.push(`core dumps are on (${core}): a crash would write memory to disk`);

await rm(server.dir, { recursive: true, force: true });
await rm(folder, { recursive: true, force: true });
console.log(`
canary
  marks, spellings             ${wanted.length}, ${tried} (each found when planted)
  calls                        ${calls}, of which refused ${errors.length}
  files searched               ${files}, ${(bytes / 1024).toFixed(0)} KiB (database, WAL, copies; running and killed)
  log searched                 ${(log.length / 1024).toFixed(0)} KiB at level debug
  addresses searched           ${addresses.length}
  core dumps                   ${core === '0' ? 'off' : core}
  hits                         ${hits.length}`);
for (const hit of new Set(hits)) console.error(`HIT ${hit}`);
process.exit(hits.length === 0 ? 0 : 1);
