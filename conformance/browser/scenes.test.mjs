// Every scene in a real browser, to each of its ends: passed, failed, left and resumed, expired.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { launch, peopleFor } from './lib/chromium.mjs';
import { Merchant, NUMBERS } from './lib/merchant.mjs';
import { album, png } from './lib/pictures.mjs';
import { choose, consent, leave, shootCard, showFace, submit, uploadCard } from './lib/walk.mjs';

const CARD = ['cert_front', 'cert_back'];
const SCENES = { FACE: ['face'], SMART_FACE: ['face'], CERT_PHOTO: CARD, CERT_PHOTO_FACE: [...CARD, 'face'] };
const HOURS = 23;

describe('scenes', { concurrency: 4 }, () => {
  let browser;
  let merchant;
  let late;
  let pictures;
  before(async () => {
    const servers = await Promise.all([startServer(), startServer()]);
    [merchant, late] = servers.map((server) => new Merchant(server));
    browser = await launch();
    pictures = await album({ 'card.png': png(900, 560) });
  });
  after(async () => {
    await browser?.close();
    await Promise.all([merchant?.server.stop(), late?.server.stop(), pictures?.remove()]);
  });

  const step = (someone, name) => (name === 'face' ? showFace(someone) : shootCard(someone, name));

  /** Somebody who opened the link of a new certification. */
  async function visitor(t, wishes, options) {
    const someone = await peopleFor(t, browser)(options);
    const { certifyId, link } = await merchant.begin(wishes);
    return { someone: await someone.open(link), certifyId, link };
  }

  for (const [scene, steps] of Object.entries(SCENES)) {
    test(`${scene}: passed`, async (t) => {
      const { someone, certifyId } = await visitor(t, { scene, number: NUMBERS.passes });
      await consent(someone);
      for (const name of steps) await step(someone, name);
      assert.equal(await merchant.passed(certifyId), 'F', 'not before it is handed in');
      await submit(someone);
      await someone.at('finished');
      assert.equal(await merchant.passed(certifyId), 'T');
      assert.equal((await merchant.status(certifyId)).state, 'passed');
      assert.match(await someone.page.$eval('body', (body) => body.innerText), /TEST/);
    });

    test(`${scene}: failed, and left and resumed on the way`, async (t) => {
      const { someone, certifyId, link } = await visitor(t, { scene, number: NUMBERS.differs }, { language: 'en' });
      await consent(someone);
      const [first, ...rest] = steps;
      await someone.at('step', first);
      await leave(someone);
      assert.equal((await merchant.status(certifyId)).state, 'in_progress');
      await someone.open(link);
      await step(someone, first);
      for (const name of rest) {
        await someone.at('step', name);
        await someone.open(link);
        await step(someone, name);
      }
      await someone.at('step', 'submit');
      await someone.open(link);
      await submit(someone);
      await someone.at('finished');
      const { state, reason } = await merchant.status(certifyId);
      assert.deepEqual({ state, reason }, { state: 'failed', reason: 'FACE_NOT_MATCH' });
      assert.equal(await merchant.passed(certifyId), 'F');
    });
  }

  // One clock for all of them: they are on their way when it moves.
  test('every scene expires, before it was opened and under way', async (t) => {
    const newPerson = peopleFor(t, browser);
    const opened = [];
    for (const [scene, [first]] of Object.entries(SCENES)) {
      const someone = await newPerson();
      const untouched = await late.begin({ scene });
      const begun = await late.begin({ scene });
      await consent(await someone.open(begun.link));
      await someone.at('step', first);
      opened.push({ someone, untouched, begun, address: someone.page.url(), first });
    }
    await late.server.advanceClock({ hours: HOURS });
    for (const { someone, untouched, begun, address, first } of opened) {
      someone.expect(410, 409);
      // The page that is still open tells it as well.
      if (first === 'face') {
        await someone.press('#start');
        await someone.page.waitForFunction(() => document.body.dataset.place !== 'step', { polling: 50 });
      }
      for (const link of [begun.link, address, untouched.link]) {
        await someone.open(link);
        assert.equal((await someone.data()).step || undefined, undefined);
        assert.match(await someone.text(), /过期|失效/);
      }
      assert.equal((await late.status(begun.certifyId)).state, 'expired');
    }
  });

  test('the document in place of the face', async (t) => {
    const { someone, certifyId } = await visitor(t, { scene: 'FACE', number: NUMBERS.passes });
    await consent(someone, { way: 'document' });
    await uploadCard(someone, pictures.path('card.png'));
    await submit(someone);
    await someone.at('finished');
    assert.equal(await merchant.passed(certifyId), 'T');
  });

  test('consent refused is an outcome, and nothing was taken', async (t) => {
    const { someone, certifyId } = await visitor(t, { scene: 'CERT_PHOTO_FACE', number: NUMBERS.passes });
    await consent(someone, { agree: 'no' });
    await someone.at('finished');
    const { state, reason } = await merchant.status(certifyId);
    assert.deepEqual({ state, reason }, { state: 'failed', reason: 'CONSENT_REFUSED' });
  });

  test('a double click sends a form once', async (t) => {
    const { someone } = await visitor(t, { scene: 'FACE' });
    const sent = [];
    someone.page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await someone.at('step', 'consent');
    await someone.page.evaluate(() => {
      document.querySelector('[name=agree][value=yes]').checked = true;
      const button = document.querySelector('form:has([name=agree][value=yes]) button');
      button.click();
      button.click();
    });
    await someone.at('step', 'face');
    assert.equal(sent.length, 1);
  });

  for (const [outcome, reason] of [['passed'], ['failed', 'CERT_INFO_MISMATCH']]) {
    test(`a number that is no test identity: ${outcome} is chosen`, async (t) => {
      const { someone, certifyId } = await visitor(t, { scene: 'CERT_PHOTO' });
      await consent(someone);
      await uploadCard(someone, pictures.path('card.png'));
      await submit(someone);
      await choose(someone, outcome, reason);
      await someone.at('finished');
      const status = await merchant.status(certifyId);
      assert.deepEqual([status.state, status.reason], [outcome, reason]);
    });
  }

  test('chosen by a script, the open page learns it', async (t) => {
    const { someone, certifyId } = await visitor(t, { scene: 'CERT_PHOTO' });
    await consent(someone);
    await uploadCard(someone, pictures.path('card.png'));
    await submit(someone);
    await someone.at('choosing');
    await merchant.server.outcome(certifyId, 'passed');
    await someone.at('finished');
  });
});
