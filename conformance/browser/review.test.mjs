// Operators decide: what the person sees while they look, when they ask again, and when there is nobody.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startConfigured } from '../lib/configured.mjs';
import { keyFile, keyText } from '../lib/openapi.mjs';
import { launch, peopleFor } from './lib/chromium.mjs';
import { Merchant, NUMBERS } from './lib/merchant.mjs';
import { album, png } from './lib/pictures.mjs';
import { consent, showFace, submit, uploadCard } from './lib/walk.mjs';

const APP = '2021000000000001';
const KEYS = { app_private_key: 'app_private_pkcs1.pem', gateway_public_key: 'alipay_public.pem' };
const TOKEN = randomBytes(24).toString('hex');
process.env.CERTIFYD_OPERATOR = TOKEN;

const tables = (more) => ({
  gateway: { private_key: keyFile('alipay_private_pkcs8.pem') },
  apps: [{ id: APP, name: 'Example Shop', public_key: keyFile('app_public.pem') }],
  ...more,
});

/** A configured server as the merchant's helper wants one. */
async function start(more) {
  const server = await startConfigured(tables(more));
  server.ready = { app_id: APP };
  server.key = (name) => keyText(KEYS[name]);
  return server;
}

describe('operators', { concurrency: 3 }, () => {
  let server;
  let merchant;
  let browser;
  let pictures;
  before(async () => {
    server = await start({ verification: { verifier: 'review' }, operator: { token: 'env:CERTIFYD_OPERATOR' } });
    merchant = new Merchant(server);
    browser = await launch();
    pictures = await album({ 'card.png': png(900, 560) });
  });
  after(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), pictures?.remove()]);
  });

  async function operator(method, path, body) {
    const answer = await fetch(`${server.endpoint}/operator/reviews${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      body: body && JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.headers.get('content-type') === 'image/jpeg' ? answer.bytes() : answer.json();
  }

  const card = (someone) => uploadCard(someone, pictures.path('card.png'));

  test('asked again, then approved: the page follows by itself', async (t) => {
    const { certifyId, link } = await merchant.begin({ scene: 'CERT_PHOTO', number: NUMBERS.passes });
    const someone = await peopleFor(t, browser)();
    await consent(await someone.open(link));
    await card(someone);
    await submit(someone);
    await someone.at('waiting');
    // A test identity decides nothing here.
    assert.equal(await merchant.passed(certifyId), 'F');

    await operator('POST', `/${certifyId}`, { decision: 'ask_again', reason: '照片反光，请重拍' });
    await someone.at('step', 'cert_front');
    assert.match(await someone.text(), /照片反光，请重拍/);
    await card(someone);
    await submit(someone);
    await someone.at('waiting');
    const { pictures: shown } = await operator('GET', `/${certifyId}`);
    assert.deepEqual(shown.map(({ part }) => part), ['cert_back', 'cert_front']);
    await operator('POST', `/${certifyId}`, { decision: 'approve' });
    await someone.at('finished');
    assert.equal(await merchant.passed(certifyId), 'T');
  });

  test('rejected: the reason in words, in English', async (t) => {
    const { certifyId, link } = await merchant.begin({ scene: 'CERT_PHOTO' });
    const someone = await peopleFor(t, browser)({ language: 'en' });
    await consent(await someone.open(link));
    await card(someone);
    await submit(someone);
    await someone.at('waiting');
    await operator('POST', `/${certifyId}`, { decision: 'reject', reason: 'CERT_PHOTO_UNREADABLE' });
    await someone.at('finished');
    assert.match(await someone.text(), /cannot be read/);
    assert.equal(await merchant.passed(certifyId), 'F');
  });

  test('nine frames of a face reach the operator, and a face alone is not approved', async (t) => {
    const { certifyId, link } = await merchant.begin({ scene: 'FACE' });
    const someone = await peopleFor(t, browser)();
    await consent(await someone.open(link));
    await showFace(someone);
    await submit(someone);
    await someone.at('waiting');
    const docket = await operator('GET', `/${certifyId}`);
    assert.equal(docket.pictures.length, 9);
    assert.equal(docket.challenge.split(' ').length, 3);
    const frame = await operator('GET', `/${certifyId}/pictures/frame_8`);
    assert.deepEqual([...frame.slice(0, 2)], [0xff, 0xd8]);
    assert.match(docket.cannot_be_approved, /reference/);
  });
});

describe('a device that is known', () => {
  let server;
  let browser;
  before(async () => {
    server = await start({});
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('SMART_FACE passes there at once, for the same person', async (t) => {
    const merchant = new Merchant(server);
    const someone = await peopleFor(t, browser)();
    const first = await merchant.begin({ scene: 'SMART_FACE', number: NUMBERS.passes });
    await consent(await someone.open(first.link));
    await showFace(someone);
    await submit(someone);
    await someone.at('finished');
    const second = await merchant.begin({ scene: 'SMART_FACE', number: NUMBERS.passes });
    await consent(await someone.open(second.link));
    await someone.at('finished');
    assert.equal((await merchant.status(second.certifyId)).assurance, 'known_device');
    const another = await merchant.begin({ scene: 'SMART_FACE', number: NUMBERS.undecided });
    await consent(await someone.open(another.link));
    await someone.at('step', 'face');
  });
});
