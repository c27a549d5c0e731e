// What a call of a cloud function costs: certifyd beside the framework that runs the same function elsewhere, and beside
// one Node.js process for each call. The same function of 5 KB, the same callers, in turns.
//
//   (cd benches/peers/functions-framework && npm install)
//   CERTIFYD_BIN=target/release/certifyd node benches/functions.mjs --calls 3000 --callers 16 --rounds 3
//
// certifyd's calls come through its door: signed, with a session, and the result in the envelope of the protocol. The
// others check nothing. The callers run on the same machine and are most of the work at high rates: believe the CPU time.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startConfigured } from '../conformance/lib/configured.mjs';
import { anonymousToken, callBody, hmacMd5 } from '../conformance/lib/raw.mjs';
import { options, tablesFor } from '../proofs/lib/caller.mjs';
import { family, median, quantile } from '../proofs/lib/system.mjs';

const PEERS = "/work/main/benches/peers/functions-framework";
const FRAMEWORK = join(PEERS, 'node_modules/.bin/functions-framework');
const APP = '2021000000000001';
const SPACE = { id: 'space-of-the-bench', client_secret: 'YmVuY2gtYmVuY2gtYmVuY2g=' };
const ARGS = { items: [{ id: 1, name: ' a ', weight: 2 }, { id: 2, name: 'b', weight: 3 }] };
/** Of a second in /proc. */
const TICKS = 100;

const { calls, callers, rounds } = options({ calls: 3000, callers: 16, rounds: 3 });
if (!existsSync(FRAMEWORK)) throw new Error(`no ${FRAMEWORK}: run npm install in ${PEERS}`);
const agent = new http.Agent({ keepAlive: true, maxSockets: callers });

/** About 5 KB of ordinary code. */
function source() {
  const rule = (n) => `rules.push(function rule${n}(item) {
  // Rule ${n}: what is shown for an item of this kind, with its weight.
  if (typeof item.name !== 'string') return 'nameless';
  return item.name.trim() + ':' + (item.weight * ${n} + 1);
});
`;
  return `function digest(items) { return items.map((i) => ({ id: i.id, text: rules[i.id % 20](i) })); }
const rules = [];
${Array.from({ length: 20 }, (_, n) => rule(n)).join('')}module.exports = async (ctx) => { return digest(ctx.args.items); };
`;
}

function send(url, body, headers = {}) {
  return new Promise((done, failed) => {
    const began = process.hrtime.bigint();
    const length = Buffer.byteLength(body);
    const request = http.request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': length, ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => { text += part; });
      answer.on('end', () => {
        if (!text.includes('"text":"a:3"')) failed(new Error(`${answer.statusCode} ${text}`));
        else done(Number(process.hrtime.bigint() - began) / 1e6);
      });
    });
    request.on('error', failed).end(body);
  });
}

/** Milliseconds of CPU of a process, and of its children, those that have ended too. */
function cpu(pid) {
  const read = (member) => {
    try {
      return readFileSync(`/proc/${member}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 15).map(Number);
    } catch {
      return [0, 0, 0, 0]; // It has ended meanwhile, and its parent has its time.
    }
  };
  const ticks = family(pid).flatMap(read);
  const own = ticks[0] + ticks[1];
  const sum = ticks.reduce((all, part) => all + part, 0);
  return { own: (own * 1000) / TICKS, children: ((sum - own) * 1000) / TICKS };
}

const free = () => new Promise((found) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => found(port));
  });
});
async function firstAnswer(call) {
  for (;;) {
    try {
      return await call();
    } catch (problem) {
      if (problem.code !== 'ECONNREFUSED') throw problem;
      await pause(2);
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'certifyd-bench-functions-'));
await mkdir(join(folder, 'digest'));
const file = join(folder, 'digest', 'index.js');
await writeFile(file, source());

async function certifyd() {
  const tables = tablesFor([APP]);
  tables.spaces = [{ ...SPACE, app: APP, functions: folder }];
  const server = await startConfigured(tables);
  server.ready = { app_id: APP, space_id: SPACE.id, client_secret: SPACE.client_secret };
  const token = await anonymousToken(server);
  const call = () => {
    const params = { functionTarget: 'digest', functionArgs: ARGS };
    const body = callBody(server, 'serverless.function.runtime.invoke', params, { token });
    return send(`${server.endpoint}/client`, JSON.stringify(body), { 'x-serverless-sign': hmacMd5(body, SPACE.client_secret) });
  };
  const cold = await call();
  return { name: 'certifyd', pid: server.child.pid, call, cold: `${cold.toFixed(0)} ms, first call of a function`, calls, stop: () => server.stop() };
}

async function peer(name, program, args, port, most) {
  const began = Date.now();
  const child = spawn(program, args, { env: { ...process.env, FUNCTION: file, NODE_ENV: 'production' }, stdio: ['ignore', 'pipe', 'inherit'], cwd: PEERS });
  const place = port ?? await new Promise((done) => child.stdout.once('data', (text) => done(JSON.parse(text).port)));
  child.stdout.resume();
  const body = JSON.stringify(ARGS);
  const call = () => send(`http://127.0.0.1:${place}/`, body);
  await firstAnswer(call);
  return { name, pid: child.pid, call, cold: `${Date.now() - began} ms, start of the process to its first answer`, calls: most, stop: () => child.kill('SIGKILL') };
}

async function measure(place) {
  const began = process.hrtime.bigint();
  const before = cpu(place.pid);
  const times = [];
  let left = place.calls;
  const caller = async () => {
    while (left-- > 0) times.push(await place.call());
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const after = cpu(place.pid);
  return { rate: times.length / seconds, p50: median(times), p99: quantile(times, 0.99), own: (after.own - before.own) / times.length, children: (after.children - before.children) / times.length };
}

const port = await free();
const places = [
  await certifyd(),
];
try {
  const figures = new Map(places.map((place) => [place, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const place of places) {
      const found = await measure(place);
      if (round > 0) figures.get(place).push(found); // The first warms up.
    }
  }
  console.log(`functions, ${(source().length / 1024).toFixed(1)} KB, ${callers} callers, medians of ${rounds} rounds`);
  for (const place of places) {
    const of = (name) => median(figures.get(place).map((found) => found[name]));
    console.log(`  ${place.name.padEnd(20)} ${of('rate').toFixed(0).padStart(7)} /s   p50 ${of('p50').toFixed(2)} ms   p99 ${of('p99').toFixed(2)} ms   ` +
      `CPU ${(of('own') * 1000).toFixed(0)} µs a call and ${(of('children') * 1000).toFixed(0)} in processes of the function   cold ${place.cold}`);
  }
} finally {
  for (const place of places) await place.stop();
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}
