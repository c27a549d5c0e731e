// A call costs the same however much is stored.
//
//   cargo build --release -p testkit --example fill
//   node proofs/scale.mjs --sizes 10000,1000000,10000000 --seed 1 [--store postgres://…]
//
// One database for each size is filled with certifications as the program itself writes them, spread over 80 days, most
// of them passed. A server is started on each, and all are measured in turns: the server's CPU time of an initialize and
// of a query of any stored certification, and their p50, one call after the other; then how many are opened a second by
// many callers at once. Every file is read through before: what is compared is what is in memory, for a page that is not
// costs a read of the disk, at any size; the first queries, before that, are shown as `cold`. Each size is compared with the smallest of the same round, and the medians of the rounds must
// be within 10 %. Exit code 1 if not (`--judge false` only looks whether it works), 2 if there is no room.
//
// Fills with `examples/fill` beside the program, or what CERTIFYD_FILL names. With `--store` databases of its own are made
// on that server with psql, and dropped at the end; then the CPU time is certifyd's alone.

import { execFile } from 'node:child_process';
import { createReadStream, existsSync, rmSync } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startConfigured } from '../conformance/lib/configured.mjs';
import { repository } from '../conformance/lib/server.mjs';
import { INITIALIZE, QUERY, chance, content, nodeOf, options, post, signed, tablesFor } from './lib/caller.mjs';
import { cpuSince, median, quantile } from './lib/system.mjs';

const run = promisify(execFile);
const APPS = ['2021000000000001', '2021000000000002', '2021000000000003', '2021000000000004', '2021000000000005'];
/** Within the time that personal data is kept, or the server would have to forget it meanwhile. */
const DAYS = 80;
const WITHIN = 1.1;
const CALLERS = 32;
/** Of one certification, with its journal while it is written: rounded up. */
const BYTES = 1_600;
const SPARE = 2 * 1024 ** 3;

const { sizes: list, seed, store, rounds, calls, judge } = options({ sizes: '10000,1000000,10000000', seed: 1, store: '', rounds: 9, calls: 300, judge: 'true' });
const sizes = list.split(',').map(Number);
const random = chance(seed);
const program = resolve(process.env.CERTIFYD_BIN ?? join(repository, 'target/debug/certifyd'));
const filler = process.env.CERTIFYD_FILL ?? join(dirname(program), 'examples/fill');
if (!existsSync(filler)) throw new Error(`no filler at ${filler}: build it (cargo build --release -p testkit --example fill), or name it in CERTIFYD_FILL`);

async function refuseWithoutRoom() {
  const needed = sizes.reduce((sum, size) => sum + size * BYTES, SPARE);
  const { bavail, bsize } = await statfs(tmpdir());
  if (store || bavail * bsize >= needed) return;
  const gib = (bytes) => (bytes / 1024 ** 3).toFixed(1);
  console.error(`${sizes.join(', ')} certifications need ${gib(needed)} GiB in ${tmpdir()}, and ${gib(bavail * bsize)} are free; make room, set TMPDIR, or name smaller --sizes`);
  process.exit(2);
}

/** A database of its own on the server of `--store`. */
async function psql(sql, url = store) {
  const { stdout } = await run('psql', [url, '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', sql]);
  return stdout.trim();
}
const databaseOf = (size) => `certifyd_scale_${process.pid}_${size}`;
const urlOf = (size) => {
  const url = new URL(store);
  url.pathname = `/${databaseOf(size)}`;
  return String(url);
};

/** A server on a database that holds so many. */
async function filled(size) {
  const tables = tablesFor(APPS);
  if (store) {
    await psql(`CREATE DATABASE ${databaseOf(size)}`);
    tables.store = { url: urlOf(size) };
  }
  const server = await startConfigured(tables);
  // However this program ends.
  process.on('exit', () => rmSync(server.dir, { recursive: true, force: true }));
  const data = join(server.dir, 'data');
  const file = join(data, 'certifyd.db');
  const sample = join(server.dir, 'sample');
  server.child.kill('SIGTERM');
  await server.ended;
  const url = store ? urlOf(size) : `sqlite://${file}`;
  const { stdout } = await run(filler, [url, join(data, 'master.key'), size, DAYS, seed, sample, ...APPS].map(String));
  const told = JSON.parse(stdout);
  const verified = await run(program, ['audit', 'verify', '--config', join(server.dir, 'certifyd.toml')]);
  const rows = Number(/^(\d+) rows looked at/m.exec(verified.stdout)?.[1]);
  const bytes = store ? Number(await psql('SELECT pg_database_size(current_database())', url)) : (await stat(file)).size;
  await server.start(tables, 'test');
  const known = (await readFile(sample, 'utf8')).trim().split('\n').map((line) => line.split(' '));
  console.log(`${size} filled in ${told.seconds} s (${told.rate} a second): ${told.passed} passed, ${told.failed} failed, ${told.expired} expired; ` +
    `${(bytes / size).toFixed(0)} bytes each; audit verified, ${rows} rows`);
  return { size, server, known, bytes, file };
}

const places = [];
let opened = 0;
const initialize = () => signed(random.pick(APPS), INITIALIZE, content(`${new Date().toISOString().replace(/\D/g, '')}${String((opened += 1)).padStart(9, '0')}`));
const faults = [];
function expect(answer, method, wanted) {
  const { node } = nodeOf(answer.text, method);
  if (!wanted(node)) faults.push(`${method}: ${JSON.stringify(node)}`);
}

/** Sends one after the other, to every place in turn: what else the machine does meets all alike. */
async function inTurns(bodiesOf, check) {
  const all = places.map((place) => ({ place, bodies: bodiesOf(place), answers: [], cpu: cpuSince(place.server.child.pid) }));
  for (let at = 0; at < calls; at += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const { place, bodies, answers } = all[(at + turn) % all.length];
      answers.push(await post(place.server.gateway, bodies[at]));
    }
  }
  const found = all.map(({ place, answers, cpu }) => [place, { answers, cpu: cpu() / calls, p50: median(answers.map(({ ms }) => ms)) }]);
  for (const [place, { answers }] of found) answers.forEach((answer, at) => check(place, answer, at));
  return new Map(found);
}

/** Sends as fast as so many callers can. */
async function together(place, bodies) {
  const began = process.hrtime.bigint();
  const cpu = cpuSince(place.server.child.pid);
  let next = 0;
  const answers = [];
  const caller = async () => {
    while (next < bodies.length) answers.push(await post(place.server.gateway, bodies[next++]));
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  answers.forEach((answer) => expect(answer, INITIALIZE, isOpened));
  return { rate: bodies.length / seconds, cpu: cpu() / bodies.length };
}

/** So that the system has the file in memory, if it fits. */
async function readThrough(file) {
  for await (const part of createReadStream(file, { highWaterMark: 1 << 20 })) void part;
}

async function queries() {
  const asked = new Map(places.map((place) => [place, Array.from({ length: calls }, () => random.pick(place.known))]));
  const right = { passed: (node) => node.passed === 'T', failed: (node) => node.passed === 'F', left: (node) => node.passed !== 'T' };
  return inTurns(
    (place) => asked.get(place).map(([id, app]) => signed(app, QUERY, { certify_id: id })),
    (place, answer, at) => expect(answer, QUERY, right[asked.get(place)[at][2]]),
  );
}

const isOpened = ({ code }) => code === '10000';
const openings = (most) => Array.from({ length: most }, initialize);

/** The figures of each place. */
async function round() {
  const query = await queries();
  const first = await inTurns(() => openings(calls), (_, answer) => expect(answer, INITIALIZE, isOpened));
  const figures = new Map();
  for (const place of [...places].sort(() => random.next() - 0.5)) {
    const many = await together(place, openings(calls * 4));
    figures.set(place, {
      'query, CPU µs': query.get(place).cpu * 1000, 'query, p50 µs': query.get(place).p50 * 1000,
      'initialize, CPU µs': first.get(place).cpu * 1000, 'initialize, p50 µs': first.get(place).p50 * 1000,
      'together, CPU µs': many.cpu * 1000, 'together, a second': many.rate,
    });
  }
  return figures;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
await refuseWithoutRoom();
const began = Date.now();
let flat = true;
try {
  for (const size of sizes) places.push(await filled(size));
  const cold = await queries();
  if (!store) for (const { file } of places) await readThrough(file);
  // The first round warms up and does not count.
  const measured = new Map(places.map((place) => [place, []]));
  for (let at = 0; at <= rounds; at += 1) {
    const figures = await round();
    if (at > 0) for (const [place, found] of figures) measured.get(place).push(found);
  }
  console.log(`\nscale, seed ${seed}, ${store ? 'PostgreSQL' : 'SQLite'}, ${rounds} rounds of ${calls} calls, ${((Date.now() - began) / 1000).toFixed(0)} s`);
  console.log(`  ${''.padEnd(20)}${sizes.map((size) => String(size).padStart(24)).join('')}`);
  const [smallest, ...larger] = places;
  for (const name of Object.keys(measured.get(smallest)[0])) {
    const column = (place) => {
      const rows = measured.get(place);
      const ratios = rows.map((figures, at) => figures[name] / measured.get(smallest)[at][name]);
      const ratio = median(ratios);
      const worse = name.endsWith('a second') ? 1 / ratio : ratio;
      if (larger.includes(place) && worse > WITHIN) flat = false;
      const spread = `${quantile(ratios, 0.25).toFixed(2)}–${quantile(ratios, 0.75).toFixed(2)}`;
      const beside = place === smallest ? '' : ` ${ratio.toFixed(3)} (${spread})${worse > WITHIN ? ' !' : ''}`;
      return `${median(rows.map((figures) => figures[name])).toFixed(0)}${beside}`.padStart(24);
    };
    console.log(`  ${name.padEnd(20)}${places.map(column).join('')}`);
  }
  console.log(`  ${'cold query, p50 µs'.padEnd(20)}${places.map((place) => (cold.get(place).p50 * 1000).toFixed(0).padStart(24)).join('')}`);
  console.log(`  ${'bytes each'.padEnd(20)}${places.map(({ size, bytes }) => (bytes / size).toFixed(0).padStart(24)).join('')}`);
  console.log('  beside a figure: its ratio to the smallest size, median of the rounds and the middle half of them');
} finally {
  for (const { server } of places) await server.stop();
  if (store) for (const size of sizes) await psql(`DROP DATABASE IF EXISTS ${databaseOf(size)}`);
}
for (const fault of faults.slice(0, 10)) console.error(`FAULT ${fault}`);
const judged = judge === 'true';
console.log(`  wrong answers       ${faults.length}\n  ${judged ? (flat ? 'flat within 10 %' : 'NOT flat within 10 %') : 'not judged'}`);
process.exit(faults.length > 0 || (judged && !flat) ? 1 : 0);
