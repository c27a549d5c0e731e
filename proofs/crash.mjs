// Promises 1, 2 and 20: what was acknowledged survives SIGKILL at any moment, an order is opened once, and whoever is
// to be told is told.
//
//   node proofs/crash.mjs --kills 1000 --seed 1 [--store postgres://…]
//
// Workers open orders, repeat them, decide certifications and ask, until the server is killed in the middle. It is
// started again on the same database, and everything it had acknowledged is asked for. Exit code 1 if anything is
// missing, doubled or different.

import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { startConfigured } from '../conformance/lib/configured.mjs';
import { INITIALIZE, QUERY, chance, content, nodeOf, options, post, signed, tablesFor } from './lib/caller.mjs';

const APP = '2021000000000001';
const WORKERS = 12;
const LONGEST_RUN_MS = 120;
const NOTICES_WITHIN_MS = 60_000;

const { kills, seed, store } = options({ kills: 1000, seed: 1, store: '' });
const random = chance(seed);

/** Order number → what is known of it. */
const orders = new Map();
const faults = [];
const count = { acknowledged: 0, decided: 0, inFlight: 0, repeated: 0, checked: 0, starts: [] };

/** certify_id → notify_ids that arrived for it. */
const notices = new Map();
const receiver = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const fields = new URLSearchParams(body);
  const ids = notices.get(fields.get('certify_id')) ?? new Set();
  notices.set(fields.get('certify_id'), ids.add(fields.get('notify_id')));
  // Some are not taken at first.
  response.end(random.below(10) < 3 ? 'later' : 'success');
});
await new Promise((done) => receiver.listen(0, '127.0.0.1', done));

const tables = tablesFor([APP], { notify_url: `http://127.0.0.1:${receiver.address().port}/notify` });
tables.notify = { reach: 'any' };
if (store) tables.store = { url: store };
const server = await startConfigured(tables);

function fault(text) {
  faults.push(text);
  console.error(`FAULT ${text}`);
}

/** Sends; `undefined` if the server died before it answered, which acknowledges nothing. */
async function call(method, body) {
  try {
    const answer = await post(server.gateway, body);
    return nodeOf(answer.text, method).node;
  } catch {
    return undefined;
  }
}

async function open(number, { mayFail }) {
  const known = orders.get(number) ?? { number };
  orders.set(number, known);
  const node = await call(INITIALIZE, signed(APP, INITIALIZE, content(number)));
  if (node === undefined) {
    count.inFlight += 1;
    if (!mayFail) fault(`order ${number}: no answer from a server that was not killed`);
    return;
  }
  if (node.code !== '10000') return fault(`order ${number}: ${JSON.stringify(node)}`);
  if (known.id !== undefined && known.id !== node.certify_id) fault(`order ${number} has two ids, ${known.id} and ${node.certify_id}`);
  if (known.id === undefined) count.acknowledged += 1;
  else count.repeated += 1;
  known.id = node.certify_id;
}

async function decide(known, { mayFail }) {
  if (known.outcome !== undefined) return;
  const outcome = random.pick(['passed', 'failed']);
  // What is asked for may happen although nobody is told.
  known.tried ??= outcome;
  let answer;
  try {
    answer = await post(`${server.endpoint}/test/certifications/${known.id}`, JSON.stringify({ outcome: known.tried }), 'application/json');
  } catch {
    if (!mayFail) fault(`${known.id}: no answer`);
    return;
  }
  if (answer.status === 200) {
    known.outcome = known.tried;
    count.decided += 1;
  } else if (answer.status !== 409) fault(`${known.id}: ${answer.text}`);
}

async function check(known) {
  const node = await call(QUERY, signed(APP, QUERY, { certify_id: known.id }));
  count.checked += 1;
  if (node?.code !== '10000') return fault(`${known.id} was acknowledged and is lost: ${JSON.stringify(node)}`);
  if (known.outcome === 'passed' && node.passed !== 'T') fault(`${known.id} had passed and has not`);
  if (known.outcome === 'failed' && node.passed !== 'F') fault(`${known.id} had failed and has not`);
  if (node.passed === 'T' && known.tried !== 'passed') fault(`${known.id} passed by itself`);
}

let next = 0;
async function work(stopped) {
  while (!stopped()) {
    const list = [...orders.values()].slice(-200).filter(({ id }) => id !== undefined);
    const known = list.length > 0 ? random.pick(list) : undefined;
    const what = random.below(10);
    if (known === undefined || what < 5) await open(`crash${seed}n${(next += 1)}`, { mayFail: true });
    else if (what < 7) await decide(known, { mayFail: true });
    else if (what < 8) await open(known.number, { mayFail: true });
    else await call(QUERY, signed(APP, QUERY, { certify_id: known.id }));
  }
}

const began = Date.now();
for (let kill = 1; kill <= kills; kill += 1) {
  const before = new Set(orders.keys());
  let over = false;
  const workers = Array.from({ length: WORKERS }, () => work(() => over));
  await pause(5 + random.below(LONGEST_RUN_MS));
  over = true;
  await server.kill();
  await Promise.all(workers);
  const started = process.hrtime.bigint();
  await server.start(tables, 'test');
  count.starts.push(Number(process.hrtime.bigint() - started) / 1e6);
  // What this round has touched: the acknowledged are there, and the others are opened by the same call.
  const touched = [...orders.values()].filter(({ number }) => !before.has(number));
  await Promise.all(touched.map((known) => open(known.number, { mayFail: false })));
  await Promise.all(touched.map(check));
  if (kill % 50 === 0) console.log(`${kill} kills, ${count.acknowledged} acknowledged, ${faults.length} faults`);
}

// Everything once more, at the end.
const all = [...orders.values()];
for (let at = 0; at < all.length; at += 64) await Promise.all(all.slice(at, at + 64).map(check));
const ids = new Set(all.map(({ id }) => id));
if (ids.size !== all.length) fault(`${all.length} orders and ${ids.size} ids`);

// Who ended, acknowledged or not, is told of; none twice under two numbers.
const ended = all.filter(({ outcome }) => outcome !== undefined);
const deadline = Date.now() + NOTICES_WITHIN_MS;
while (Date.now() < deadline && ended.some(({ id }) => !notices.has(id))) await pause(100);
for (const { id } of ended) {
  const told = notices.get(id);
  if (told === undefined) fault(`${id} ended and nobody was told`);
  else if (told.size !== 1) fault(`${id} was told under ${told.size} numbers`);
}

await server.stop();
receiver.close();
receiver.closeAllConnections();
const starts = count.starts.sort((a, b) => a - b);
console.log(`
crash, seed ${seed}, ${store ? 'PostgreSQL' : 'SQLite'}, ${((Date.now() - began) / 1000).toFixed(0)} s
  kills                        ${kills}
  orders                       ${all.length}, of which unanswered when killed ${count.inFlight}
  acknowledged, repeated       ${count.acknowledged}, ${count.repeated}
  decided, acknowledged        ${count.decided}
  checks                       ${count.checked}
  certifications told of       ${ended.filter(({ id }) => notices.has(id)).length} of ${ended.length}
  start again, median, slowest ${starts[starts.length >> 1]?.toFixed(0)} ms, ${starts.at(-1)?.toFixed(0)} ms
  lost, doubled or different   ${faults.length}`);
process.exit(faults.length === 0 ? 0 : 1);
