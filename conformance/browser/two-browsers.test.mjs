// More than one browser with the link, and requests that no page of ours would send.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { DESKTOP, launch, peopleFor } from './lib/chromium.mjs';
import { Merchant, NUMBERS, startSite } from './lib/merchant.mjs';
import { album, png } from './lib/pictures.mjs';
import { choose, consent, leave, showFace, submit, uploadCard } from './lib/walk.mjs';

const CARD = png(900, 560);
const JPEG = { 'content-type': 'image/jpeg' };
const REFUSED = [403, 409, 410, 422];

describe('two browsers', { concurrency: 4 }, () => {
  let server;
  let merchant;
  let browser;
  let pictures;
  let shop;
  before(async () => {
    server = await startServer();
    merchant = new Merchant(server);
    browser = await launch();
    pictures = await album({ 'card.png': CARD });
    shop = await startSite();
  });
  after(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), pictures?.remove(), shop?.stop()]);
  });

  /** Somebody who agreed. */
  async function begun(t, wishes, options) {
    const { certifyId, link } = await merchant.begin(wishes);
    const newPerson = peopleFor(t, browser);
    const someone = await newPerson(options);
    await consent(await someone.open(link), wishes);
    await someone.page.waitForFunction(() => document.body.dataset.step !== 'consent', { polling: 50 });
    return { certifyId, link, newPerson, someone };
  }

  const jpeg = (someone) =>
    someone.page
      .evaluate(() => {
        const canvas = document.createElement('canvas');
        Object.assign(canvas, { width: 640, height: 480 });
        canvas.getContext('2d').fillRect(0, 0, 300, 300);
        return canvas.toDataURL('image/jpeg').split(',')[1];
      })
      .then((text) => Buffer.from(text, 'base64'));

  /** The request is refused, and nothing of the certification changed. */
  async function assertRefused(certifyId, asked, code) {
    const before = await merchant.status(certifyId);
    const answer = await asked();
    assert.ok(REFUSED.includes(answer.status), `HTTP ${answer.status} ${answer.text.slice(0, 200)}`);
    if (code) assert.equal(answer.code, code);
    assert.deepEqual(await merchant.status(certifyId), before);
  }

  test('a race for one certification: one goes on, the other learns that it is elsewhere', async (t) => {
    const { certifyId, link } = await merchant.begin({ scene: 'CERT_PHOTO', number: NUMBERS.passes });
    const newPerson = peopleFor(t, browser);
    const [one, other] = await Promise.all([newPerson(), newPerson()]);
    for (const each of [one, other]) await each.open(link);
    await Promise.all([consent(one), consent(other)]);
    const gone = (each) =>
      each.page.waitForFunction(() => document.readyState === 'complete' && document.body.dataset.step !== 'consent' && document.body.dataset.place, { polling: 50 });
    const places = await Promise.all([one, other].map(async (each) => (await gone(each)).jsonValue()));
    assert.deepEqual([...places].sort(), ['elsewhere', 'step']);
    const [first, second] = places[0] === 'step' ? [one, other] : [other, one];
    await uploadCard(first, pictures.path('card.png'));
    await submit(first);
    await first.at('finished');
    await second.open(link);
    await second.at('used');
    assert.equal(await merchant.passed(certifyId), 'T');
  });

  test('from the desktop to the phone, looked on live', async (t) => {
    const { certifyId, someone: desktop, newPerson } = await begun(
      t, { scene: 'CERT_PHOTO_FACE', number: NUMBERS.passes }, { viewport: DESKTOP, language: 'en' });
    await desktop.at('step', 'cert_front');
    await desktop.press('#handover');
    const qr = await desktop.page.waitForSelector('#qr img', { visible: true });
    await desktop.page.waitForFunction((image) => image.naturalWidth > 0, { polling: 50 }, qr);
    const address = await desktop.page.$eval('#qr code', (code) => code.textContent);

    const phone = await newPerson();
    await phone.open(address);
    await phone.at('continue');
    assert.equal(await phone.page.evaluate(() => location.hash), '', 'the token leaves the address bar');
    await phone.press('form[action*="/continue"] button');
    await phone.at('step', 'cert_front');
    await desktop.at('watching');

    const third = await newPerson();
    await third.open(address);
    await Promise.all([third.page.waitForNavigation(), third.press('form[action*="/continue"] button')]);
    assert.notEqual((await third.data()).place, 'step', 'a token is good for once');
    await phone.page.reload();
    await phone.at('step', 'cert_front');

    await uploadCard(phone, pictures.path('card.png'));
    await phone.at('step', 'face');
    await desktop.page.waitForFunction(() => document.body.dataset.place === 'watching', { polling: 50 });
    await showFace(phone);
    await submit(phone);
    await phone.at('finished');
    await desktop.at('finished');
    assert.equal(await merchant.passed(certifyId), 'T');
  });

  test('the one who handed over cannot go on', async (t) => {
    const { certifyId, someone: desktop, newPerson } = await begun(t, { scene: 'CERT_PHOTO' }, { viewport: DESKTOP });
    await desktop.press('#handover');
    const address = await desktop.page.waitForSelector('#qr code').then((code) => code.evaluate((element) => element.textContent));
    const phone = await newPerson();
    await phone.open(address);
    await phone.press('form[action*="/continue"] button');
    await phone.at('step', 'cert_front');
    await desktop.at('watching');
    const body = await jpeg(desktop);
    await assertRefused(certifyId, () => desktop.forge('PUT', '/photos/cert_front', { body, headers: JPEG }), 'ELSEWHERE');
    await assertRefused(certifyId, () => desktop.forge('POST', '/handover'), 'ELSEWHERE');
  });

  test('replayed and foreign frames', async (t) => {
    const { certifyId, someone } = await begun(t, { number: NUMBERS.passes });
    const other = await begun(t, { number: NUMBERS.passes });
    await someone.at('step', 'face');
    const body = await jpeg(someone);
    const ask = async (each) => JSON.parse((await each.forge('POST', '/challenge')).text);
    const put = (challenge, index, more) =>
      someone.forge('PUT', `/frames/${challenge}/${index}`, { body, headers: JPEG, ...more });

    const first = await ask(someone);
    assert.ok(first.ends_in > 170 && first.ends_in <= 180, `${first.ends_in}`);
    assert.deepEqual([...first.actions].sort(), ['come_closer', 'turn_left', 'turn_right']);
    await assertRefused(certifyId, () => put(first.challenge, 1), 'NOT_THIS_STEP');
    assert.equal((await put(first.challenge, 0)).status, 204);
    assert.equal((await put(first.challenge, 0)).status, 204, 'the last frame may come again');
    const second = await ask(someone);
    assert.notEqual(second.challenge, first.challenge);
    await assertRefused(certifyId, () => put(first.challenge, 1), 'CHALLENGE_OVER');
    const foreign = await ask(other.someone);
    await assertRefused(certifyId, () => put(foreign.challenge, 0), 'CHALLENGE_OVER');
    await assertRefused(certifyId, () => put(second.challenge, 9));

    for (const index of [0, 1, 2, 3, 4, 5, 6, 7, 8]) assert.equal((await put(second.challenge, index)).status, 204, `${index}`);
    await assertRefused(certifyId, () => put(second.challenge, 2), 'NOT_THIS_STEP');
    await someone.page.reload();
    await submit(someone);
    await someone.at('finished');
    await assertRefused(certifyId, () => put(second.challenge, 8));
  });

  test('a replayed submission, forged cookies, pages of other sites', async (t) => {
    const { certifyId, link, someone, newPerson } = await begun(t, { scene: 'CERT_PHOTO' });
    const other = await begun(t, { scene: 'CERT_PHOTO' });
    const body = await jpeg(someone);
    const headers = JPEG;
    const otherCookie = await other.someone.cookies();
    const cookies = { none: '', forged: `certifyd_visit=${'a'.repeat(48)}`, "another certification's": otherCookie };
    for (const cookie of Object.values(cookies)) {
      await assertRefused(certifyId, () => someone.forge('PUT', '/photos/cert_front', { body, headers, cookie }), 'ELSEWHERE');
      await assertRefused(certifyId, () => someone.forge('POST', '/handover', { cookie }), 'ELSEWHERE');
    }
    const foreign = { ...headers, origin: shop.origin };
    await assertRefused(certifyId, () => someone.forge('PUT', '/photos/cert_front', { body, headers: foreign }));
    await someone.open(link);
    await someone.at('step', 'cert_front');

    await uploadCard(someone, pictures.path('card.png'));
    await submit(someone);
    await someone.at('choosing');
    const before = await merchant.status(certifyId);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const cookie of Object.values(cookies)) {
      await someone.forge('POST', '', { body: 'outcome=passed', headers: form, cookie });
      assert.deepEqual(await merchant.status(certifyId), before);
    }
    await someone.forge('POST', '/submit');
    assert.deepEqual(await merchant.status(certifyId), before);
    await choose(someone, 'failed', 'FACE_NOT_LIVE');
    await someone.at('finished');
    const ended = await merchant.status(certifyId);
    for (const [path, body] of [['/submit', ''], ['', 'outcome=passed'], ['/consent', 'agree=yes&way=scene&version=1&language=zh']]) {
      await someone.forge('POST', path, { body, headers: form });
      assert.deepEqual(await merchant.status(certifyId), ended);
    }
    const stranger = await newPerson();
    await stranger.open(link);
    await stranger.at('used');
  });

  for (const [end, number] of [['success', NUMBERS.passes], ['failure', NUMBERS.differs], ['leaving']]) {
    test(`${end} leads back to the address of the page call`, async (t) => {
      const returnUrl = `${shop.origin}/page-call/${end}?order=1`;
      const wishes = { scene: 'CERT_PHOTO', number, initUrl: `${shop.origin}/init/${end}`, returnUrl };
      const { someone } = await begun(t, wishes);
      someone.origins.add(shop.origin);
      if (number) {
        await uploadCard(someone, pictures.path('card.png'));
        await submit(someone);
        await someone.at('finished');
      } else {
        await leave(someone);
      }
      await Promise.all([someone.page.waitForNavigation(), someone.press(`a[href^="${shop.origin}"]`)]);
      assert.equal(someone.page.url(), returnUrl);
      const visits = shop.visits.filter(({ path }) => path.includes(`/${end}`));
      assert.deepEqual(visits.map(({ path }) => path), [`/page-call/${end}?order=1`]);
      assert.equal(visits[0].headers.referer, undefined, 'the merchant does not learn the link');
    });
  }

  test("without one of the page call, init's is used", async (t) => {
    const { someone } = await begun(t, { scene: 'CERT_PHOTO', initUrl: `${shop.origin}/only-init` });
    await leave(someone);
    assert.equal(await someone.page.$eval(`a[href^="${shop.origin}"]`, (link) => link.href), `${shop.origin}/only-init`);
  });
});
