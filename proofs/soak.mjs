// Days of work in which nothing grows: memory, open files and latency stay flat, and nothing is answered wrongly.
//
//   node proofs/soak.mjs --minutes 480 --rate 40 --seed 1 [--store postgres://…]
//
// Calls of every kind come at a fixed rate, whether or not earlier ones were answered, with callers that fail among them,
// a receiver of notices that fails three times of ten and is down for a while in every third of the run, and reloads of
// the configuration. The run is looked at in 60 windows. The first third warms up and is not judged. Of the last third
// against the second: the median memory (server and workers) may be 10 % or 8 MiB more, open files 10 % or 8, and the
// median of the windows' p99 as much more as the run's own noise explains: four standard errors of the difference, from
// the windows' median absolute deviation, and 10 % at least. Exit code 1 if one grows more, or an answer was wrong
// (`--judge false`: only if an answer was wrong).
//
// What a run cannot see: growth that is smaller than the allowance in a third of its time. It is printed as bytes an hour.
// Three minutes see a leak in every call; eight hours, one of some MiB an hour.

import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startConfigured } from '../conformance/lib/configured.mjs';
import { decrypt, encrypt, keyFile, signedV3, V3_INITIALIZE, V3_QUERY } from '../conformance/lib/openapi.mjs';
import { anonymousToken, invoke } from '../conformance/lib/raw.mjs';
import { INITIALIZE, QUERY, STATUS, chance, content, nodeOf, options, post, signed, tablesFor } from './lib/caller.mjs';
import { cut, halfBody, slowHead } from './lib/faults.mjs';
import { family, median, openFiles, quantile, resident } from './lib/system.mjs';

const CERTIFY = 'alipay.user.certify.open.certify';
const APP = '2021000000000001';
const AES_APP = '2021000000000002';
const SPACE = { id: 'space-of-the-soak', client_secret: 'c29hay1zb2FrLXNvYWs=' };
const WINDOWS = 60;
const MEMORY = { part: 0.1, least: 8 * 1024 ** 2 };
const FILES = { part: 0.1, least: 8 };
const NOISE_PART = 0.1;
const STANDARD_ERRORS = 4;
/** Orders that are asked for again; older ones are left alone. */
const REMEMBERED = 500;
const UNKNOWN = 'c0ffee00c0ffee00c0ffee00c0ffee00';

const { minutes, rate, seed, store, judge } = options({ minutes: 3, rate: 40, seed: 1, store: '', judge: 'true' });
const random = chance(seed);
const span = minutes * 60_000;

let taken = 0;
const receiver = createServer((request, response) => {
  request.resume().on('end', () => {
    taken += 1;
    response.end(random.below(10) < 3 ? 'later' : 'success');
  });
});
const listen = (port) => new Promise((done) => receiver.listen(port, '127.0.0.1', done));
await listen(0);
const { port } = receiver.address();

const folder = await mkdtemp(join(tmpdir(), 'certifyd-soak-functions-'));
// However this program ends.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
await mkdir(join(folder, 'ask'));
await writeFile(join(folder, 'ask', 'index.js'), `module.exports = async (ctx) => ctx.cloud.member.identification.query({ certifyId: ctx.args.id });`);
const tables = tablesFor([APP], { notify_url: `http://127.0.0.1:${port}/notify` });
tables.apps.push(...tablesFor([AES_APP], { encrypt_key: keyFile('aes_key.txt') }).apps);
tables.notify = { reach: 'any' };
tables.spaces = [{ ...SPACE, app: APP, functions: folder }];
if (store) tables.store = { url: store };
const server = await startConfigured(tables);
process.on('exit', () => rmSync(server.dir, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
const { pid } = server.child;
server.ready = { app_id: APP, space_id: SPACE.id, client_secret: SPACE.client_secret };
let token = await anonymousToken(server);

const faults = new Map();
function fault(kind, detail) {
  const known = faults.get(kind);
  if (known === undefined) console.error(`FAULT ${kind}: ${detail}`);
  faults.set(kind, (known ?? 0) + 1);
}

/** The figures of the window that runs. */
let window = { initialize: [], query: [] };
const orders = [];
let made = 0;
const number = () => `soak${process.pid}s${seed}n${(made += 1)}`;
const same = (node, known) => node.code === '10000' && node.certify_id === known.id;

async function send(method, body) {
  const answer = await post(server.gateway, body);
  return { ms: answer.ms, ...nodeOf(answer.text, method) };
}

const kinds = {
  async initialize() {
    const known = { number: number() };
    const { node, ms } = await send(INITIALIZE, signed(APP, INITIALIZE, content(known.number)));
    window.initialize.push(ms);
    if (node.code !== '10000') return JSON.stringify(node);
    orders.push({ ...known, id: node.certify_id });
    if (orders.length > REMEMBERED) orders.shift();
  },
  async repeat(known) {
    const { node } = await send(INITIALIZE, signed(APP, INITIALIZE, content(known.number)));
    return same(node, known) ? undefined : JSON.stringify(node);
  },
  async conflict(known) {
    const { node } = await send(INITIALIZE, signed(APP, INITIALIZE, content(known.number, { biz_code: 'SMART_FACE' })));
    return node.code === '40004' && node.certify_id === undefined ? undefined : JSON.stringify(node);
  },
  async query(known) {
    const { node, ms } = await send(QUERY, signed(APP, QUERY, { certify_id: known.id }));
    window.query.push(ms);
    // An outcome that is being chosen meanwhile may be told or not.
    const wanted = known.outcome === 'passed' ? ['T'] : known.choosing ? ['T', 'F'] : ['F'];
    return node.code === '10000' && wanted.includes(node.passed) ? undefined : JSON.stringify(node);
  },
  async unknown() {
    const { node } = await send(QUERY, signed(APP, QUERY, { certify_id: UNKNOWN }));
    return node.code === '40004' ? undefined : JSON.stringify(node);
  },
  async status(known) {
    const { node } = await send(STATUS, signed(APP, STATUS, { certify_id: known.id }));
    return node.code === '10000' ? undefined : JSON.stringify(node);
  },
  async person(known) {
    if (known.choosing) return undefined;
    known.choosing = true;
    const led = await fetch(server.gateway, {
      method: 'POST', redirect: 'manual', body: signed(APP, CERTIFY, { certify_id: known.id }),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const page = await fetch(led.headers.get('location'));
    const text = await page.text();
    if (page.status !== 200 || !text.includes('<html')) return `page: ${page.status}`;
    const outcome = random.below(4) ? 'passed' : 'failed';
    await server.outcome(known.id, outcome);
    known.outcome = outcome;
  },
  async function(known) {
    const envelope = await invoke(server, token, 'ask', { id: known.id });
    if (envelope.data?.code === '10000') return undefined;
    token = await anonymousToken(server);
    return JSON.stringify(envelope);
  },
  async wrongSignature() {
    const body = signed(APP, INITIALIZE, content(number())).replace(/sign=[^&]{20}/, 'sign=AAAAAAAAAAAAAAAAAAAA');
    const { node } = await send(INITIALIZE, body);
    return node.code === '40002' ? undefined : JSON.stringify(node);
  },
  async version3(known) {
    const order = { ...content(number()) };
    const opened = await fetch(server.endpoint + V3_INITIALIZE, signedV3(APP, 'POST', V3_INITIALIZE, { body: JSON.stringify(order) }));
    const path = `${V3_QUERY}?certify_id=${known.id}`;
    const asked = await fetch(server.endpoint + path, signedV3(APP, 'GET', path));
    const texts = [await opened.text(), await asked.text()];
    return opened.ok && asked.ok ? undefined : texts.join(' ');
  },
  async encrypted() {
    const sealed = encrypt(JSON.stringify(content(number()))).toString('base64');
    const body = signed(AES_APP, INITIALIZE, {}, { biz_content: sealed, encrypt_type: 'AES' });
    const { node } = await send(INITIALIZE, body);
    const told = typeof node === 'string' ? JSON.parse(decrypt(Buffer.from(node, 'base64'))) : node;
    return typeof node === 'string' && told.code === '10000' ? undefined : JSON.stringify(told);
  },
};
const failing = { cut, slowHead, halfBody };
/** How often each kind comes; `*` are callers that fail. */
const mix = ['initialize', 'initialize', 'initialize', 'initialize', 'repeat', 'conflict', 'query', 'query', 'query', 'query', 'query',
  'unknown', 'status', 'person', 'person', 'person', 'function', 'function', 'wrongSignature', 'version3', 'encrypted', '*'];
const count = {};

async function one() {
  let kind = random.pick(mix);
  const known = orders.length > 0 ? random.pick(orders) : undefined;
  if (kind === '*') {
    kind = random.pick(Object.keys(failing));
    count[kind] = (count[kind] ?? 0) + 1;
    return failing[kind](server.gateway, signed(APP, INITIALIZE, content(number())), random);
  }
  if (known === undefined) kind = 'initialize';
  count[kind] = (count[kind] ?? 0) + 1;
  try {
    const wrong = await kinds[kind](known);
    if (wrong !== undefined) fault(kind, wrong);
  } catch (problem) {
    fault(kind, problem.cause ?? problem);
  }
}

const size = async (name) => (await stat(join(server.dir, 'data', name)).catch(() => ({ size: NaN }))).size;
async function look() {
  const { initialize, query } = window;
  window = { initialize: [], query: [] };
  const members = family(pid);
  const sum = (of) => members.reduce((all, member) => all + of(member), 0);
  return {
    memory: sum(resident), own: resident(pid), files: sum(openFiles), workers: members.length - 1,
    initialize50: quantile(initialize, 0.5), initialize99: quantile(initialize, 0.99),
    query50: quantile(query, 0.5), query99: quantile(query, 0.99),
    database: store ? NaN : await size('certifyd.db'), journal: store ? NaN : await size('certifyd.db-wal'),
  };
}

const running = new Set();
const windows = [];
const began = Date.now();
let sent = 0;
let reloads = 0;
let down = 0;
while (Date.now() - began < span) {
  const now = Date.now() - began;
  // Open: what is due is sent, whatever became of what was sent before.
  while (sent < (now * rate) / 1000) {
    const call = one().finally(() => running.delete(call));
    running.add(call);
    sent += 1;
  }
  if (now >= ((windows.length + 1) * span) / WINDOWS) windows.push(await look());
  if (now >= (reloads + 0.5) * Math.max(span / 12, 5_000)) {
    reloads += 1;
    server.child.kill('SIGHUP');
  }
  // Down for a tenth of every third, in its middle.
  const inThird = ((now % (span / 3)) / span) * 3;
  const wanted = inThird > 0.45 && inThird < 0.55;
  if (wanted && receiver.listening) {
    down += 1;
    receiver.close();
    receiver.closeAllConnections();
  } else if (!wanted && !receiver.listening) await listen(port);
  if (server.child.exitCode !== null) {
    fault('server', `it has ended\n${server.log}`);
    break;
  }
  await pause(5);
}
await Promise.all(running);
windows.push(await look());
await server.stop();
receiver.close();
receiver.closeAllConnections();

const third = Math.floor(windows.length / 3);
const [warm, second, last] = [windows.slice(0, third), windows.slice(third, 2 * third), windows.slice(2 * third, 3 * third)];
const of = (part, name) => part.map((figures) => figures[name]).filter((value) => value !== undefined && !Number.isNaN(value));
const middle = (part, name) => median(of(part, name));
/** The standard error of a median, from the median absolute deviation of the values. */
const standardError = (list) => {
  const centre = median(list);
  return (1.2533 * 1.4826 * median(list.map((value) => Math.abs(value - centre)))) / Math.sqrt(list.length);
};
function allowance(name) {
  if (name === 'memory') return Math.max(MEMORY.least, MEMORY.part * middle(second, name));
  if (name === 'files') return Math.max(FILES.least, FILES.part * middle(second, name));
  const noise = Math.hypot(standardError(of(second, name)), standardError(of(last, name)));
  return Math.max(NOISE_PART * middle(second, name), STANDARD_ERRORS * noise);
}
const MIB = 1024 ** 2;
const rows = [
  ['memory, MiB', 'memory', MIB, true], ['of it the server', 'own', MIB], ['workers', 'workers', 1], ['open files', 'files', 1, true],
  ['initialize p50, ms', 'initialize50', 1], ['initialize p99, ms', 'initialize99', 1, true],
  ['query p50, ms', 'query50', 1], ['query p99, ms', 'query99', 1, true], ['database, MiB', 'database', MIB], ['journal, MiB', 'journal', MIB],
];
console.log(`\nsoak, seed ${seed}, ${store ? 'PostgreSQL' : 'SQLite'}, ${minutes} min at ${rate} calls a second
  ${''.padEnd(20)}${['warm-up', 'second third', 'last third', 'may grow by'].map((text) => text.padStart(14)).join('')}`);
let grown = 0;
for (const [title, name, unit, judged] of rows) {
  const values = [warm, second, last].map((part) => middle(part, name));
  if (values[2] === undefined) continue;
  const grew = judged && values[2] - values[1] > allowance(name);
  if (grew && judge === 'true') grown += 1;
  const cells = [...values, judged ? allowance(name) : NaN].map((value) => (Number.isNaN(value) ? '' : (value / unit).toFixed(2)).padStart(14));
  console.log(`  ${title.padEnd(20)}${cells.join('')}${grew ? '  GREW' : ''}`);
}
const wrong = [...faults.values()].reduce((sum, times) => sum + times, 0);
const hours = span / 3 / 3_600_000;
console.log(`  calls               ${sent}: ${Object.entries(count).map(([kind, times]) => `${kind} ${times}`).join(', ')}
  notices that came   ${taken}; receiver down ${down} times; reloads ${reloads}
  growth not seen     up to ${(allowance('memory') / MIB / hours).toFixed(1)} MiB an hour
  wrong answers       ${wrong}${wrong ? `: ${[...faults].map(([kind, times]) => `${kind} ${times}`).join(', ')}` : ''}
  ${grown + wrong > 0 ? 'NOT flat, or not right' : judge === 'true' ? 'flat' : 'right; growth was not judged'}`);
process.exit(grown + wrong === 0 ? 0 : 1);
