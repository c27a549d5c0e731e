// Promise 22: applications cannot see each other. A certification of somebody else is answered as one that does not
// exist: the same bytes, in the same time.
//
//   node proofs/tenants.mjs --seed 1 --samples 400
//
// Three applications, two that act for merchants, and two merchants; everyone asks for everything by every method, at
// the gateway and at version 3. Exit code 1 if an answer differs, or if the time tells.

import { createSign, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startConfigured } from '../conformance/lib/configured.mjs';
import { keyText } from '../conformance/lib/openapi.mjs';
import { INITIALIZE, QUERY, STATUS, chance, content, nodeOf, options, post, signed, tablesFor } from './lib/caller.mjs';

const CERTIFY = 'alipay.user.certify.open.certify';
const SHOPS = ['2021000000000001', '2021000000000002', '2021000000000003'];
const MERCHANTS = ['2021000000000004', '2021000000000005'];
const ISVS = ['2021000000000006', '2021000000000007'];
const OPERATOR = 'operator-token-of-the-proof';
/** Beyond this the two samples are told apart (4 standard deviations), if their medians differ by a fortieth as well. */
const SUSPICIOUS = 4;

const { seed, samples } = options({ seed: 1, samples: 400 });
const random = chance(seed);
const token = join(tmpdir(), `certifyd-operator-${randomUUID()}`);
await writeFile(token, OPERATOR, { mode: 0o600 });
const tables = tablesFor([...SHOPS, ...MERCHANTS]);
tables.apps.push(...tablesFor(ISVS, { isv: true }).apps);
tables.operator = { token };
const server = await startConfigured(tables);
const faults = [];
const fault = (text) => {
  faults.push(text);
  console.error(`FAULT ${text}`);
};

/** Who may call: an application, and for whom. */
const actors = [...SHOPS, ...MERCHANTS].map((app) => ({ name: app.slice(-1), app, owner: app, more: {} }));
for (const [isv, merchant] of [[0, 0], [0, 1], [1, 1]]) {
  const body = JSON.stringify({ isv_app_id: ISVS[isv], app_id: MERCHANTS[merchant] });
  const answer = await fetch(`${server.endpoint}/operator/authorizations`, {
    method: 'POST', body, headers: { authorization: `Bearer ${OPERATOR}` },
  });
  const given = await answer.json();
  if (answer.status !== 200) throw new Error(JSON.stringify(given));
  const more = { app_auth_token: given.app_auth_token };
  actors.push({ name: `${ISVS[isv].slice(-1)}→${MERCHANTS[merchant].slice(-1)}`, app: ISVS[isv], owner: MERCHANTS[merchant], more });
}

const ask = async (actor, method, id) => {
  const answer = await post(server.gateway, signed(actor.app, method, { certify_id: id }, actor.more));
  return { ...answer, text: method === CERTIFY ? answer.text.replaceAll(id, '') : nodeOf(answer.text, method).text };
};

/** The same at version 3. */
async function askV3(actor, id) {
  const auth = `app_id=${actor.app},nonce=${randomUUID()},timestamp=${Date.now()}`;
  const path = `/v3/alipay/user/certify/open/query?certify_id=${id}`;
  const more = actor.more.app_auth_token;
  const text = `${auth}\nGET\n${path}\n\n${more ? `${more}\n` : ''}`;
  const sign = createSign('RSA-SHA256').update(text).sign(keyText('app_private_pkcs1.pem'), 'base64');
  const headers = { authorization: `ALIPAY-SHA256withRSA ${auth},sign=${sign}`, ...(more && { 'alipay-app-auth-token': more }) };
  const answer = await fetch(server.endpoint + path, { headers });
  return { status: answer.status, text: await answer.text() };
}

const unknownId = () => Array.from({ length: 32 }, () => random.below(16).toString(16)).join('');

// Everyone has one of each kind: open, passed, failed.
const certifications = [];
for (const actor of actors) {
  for (const outcome of [undefined, 'passed', 'failed']) {
    const number = `tenant${seed}${actor.app.slice(-1)}${actor.owner.slice(-1)}${outcome ?? 'open'}`;
    const answer = await post(server.gateway, signed(actor.app, INITIALIZE, content(number), actor.more));
    const { certify_id: id } = nodeOf(answer.text, INITIALIZE).node;
    if (outcome) await server.outcome(id, outcome);
    certifications.push({ id, owner: actor.owner, number, outcome });
  }
}

let own = 0;
let foreign = 0;
for (const actor of actors) {
  const nobody = {};
  for (const method of [QUERY, STATUS, CERTIFY]) nobody[method] = (await ask(actor, method, unknownId())).text;
  const nobodyV3 = await askV3(actor, unknownId());
  for (const { id, owner, number, outcome } of certifications) {
    const mine = owner === actor.owner;
    for (const method of [QUERY, STATUS]) {
      const { text } = await ask(actor, method, id);
      if (mine === (text === nobody[method])) fault(`${actor.name} asks ${method} for one of ${owner}: ${text}`);
    }
    const page = await ask(actor, CERTIFY, id);
    if (mine !== (page.status === 303)) fault(`${actor.name} is led to the page of one of ${owner}: ${page.status}`);
    if (!mine && page.text !== nobody[CERTIFY]) fault(`${actor.name} is told by the page of one of ${owner}`);
    const v3 = await askV3(actor, id);
    if (mine === (v3.text === nobodyV3.text)) fault(`${actor.name} asks version 3 for one of ${owner}: ${v3.text}`);
    // The same order number is somebody else's order.
    const answer = await post(server.gateway, signed(actor.app, INITIALIZE, content(number), actor.more));
    const opened = nodeOf(answer.text, INITIALIZE).node.certify_id;
    if (mine !== (opened === id)) fault(`${actor.name} opens the order of ${owner}`);
    if (mine) own += 5;
    else foreign += 5;
    void outcome;
  }
}

/** Mann and Whitney: by how many standard deviations two samples differ in rank. */
function deviation(a, b) {
  const ranked = [...a.map((ms) => [ms, 0]), ...b.map((ms) => [ms, 1])].sort((x, y) => x[0] - y[0]);
  let sum = 0;
  ranked.forEach(([, group], at) => { if (group === 0) sum += at + 1; });
  const u = sum - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  return (u - mean) / Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
}
const median = (list) => [...list].sort((x, y) => x - y)[list.length >> 1];

const asker = actors[0];
const theirs = certifications.filter(({ owner }) => owner !== asker.owner);
const times = { foreign: [], unknown: [] };
for (let n = 0; n < samples + 50; n += 1) {
  for (const kind of random.below(2) ? ['foreign', 'unknown'] : ['unknown', 'foreign']) {
    const id = kind === 'foreign' ? random.pick(theirs).id : unknownId();
    const { ms } = await ask(asker, QUERY, id);
    if (n >= 50) times[kind].push(ms);
  }
}
const z = deviation(times.foreign, times.unknown);
const [f, u] = [median(times.foreign), median(times.unknown)];
if (Math.abs(z) > SUSPICIOUS && Math.abs(f - u) > u / 40) fault(`the time tells: ${f.toFixed(3)} ms and ${u.toFixed(3)} ms, z = ${z.toFixed(1)}`);

await server.stop();
console.log(`
tenants, seed ${seed}
  who asks                    ${actors.length}: ${actors.map(({ name }) => name).join(' ')}
  certifications              ${certifications.length}
  own, answered               ${own}
  foreign, as if unknown      ${foreign}
  time to a foreign id        ${f.toFixed(3)} ms (median of ${samples})
  time to an unknown id       ${u.toFixed(3)} ms, z = ${z.toFixed(2)}
  leaks                       ${faults.length}`);
process.exit(faults.length === 0 ? 0 : 1);
