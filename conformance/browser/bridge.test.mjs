// A developer's H5 page, written for Alipay's client, in an ordinary browser: the verification opens in a pop-up.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { DESKTOP, Person, launch, peopleFor } from './lib/chromium.mjs';
import { Merchant, NUMBERS, startSite } from './lib/merchant.mjs';
import { album, png } from './lib/pictures.mjs';
import { choose, consent, leave, submit, uploadCard } from './lib/walk.mjs';

const page = (script) =>
  `<!doctype html><html lang="en"><title>H5</title><link rel="icon" href="data:,"><body><button id="go">Verify</button>${script}`;

/** The page's own script, as the documents show it; `told` collects what came back. */
const H5 = `<script>
  const told = [];
  const asked = new URLSearchParams(location.search);
  const { url, certifyId } = Object.fromEntries(asked);
  const note = (name) => (value) => told.push([name, value]);
  const ways = {
    my: () => { my.startAPVerify({ url, certifyId, success: note('success'), fail: note('fail'), complete: note('complete') }); },
    object: () => AlipayJSBridge.call('startBizService', { name: 'open-certify', param: { url, certifyId } }, note('call')),
    text: () => AlipayJSBridge.call('startBizService', { name: 'open-certify', param: JSON.stringify({ url, certifyId }) }, note('call')),
    older: () => my.call('startBizService', { name: 'open-certify', param: JSON.stringify({ url, certifyId }) }, note('call')),
  };
  document.addEventListener('AlipayJSBridgeReady', () => { document.body.dataset.ready = 'yes'; });
  document.getElementById('go').onclick = () => ways[asked.get('way')]();
</script>`;

describe('bridge', { concurrency: 3 }, () => {
  let server;
  let merchant;
  let browser;
  let pictures;
  let shop;
  before(async () => {
    server = await startServer();
    merchant = new Merchant(server);
    browser = await launch();
    pictures = await album({ 'card.png': png(900, 560) });
    const bridge = `<script src="${server.endpoint}/static/bridge.js"></script>`;
    shop = await startSite({
      '/h5': page(H5 + bridge),
      '/in-client': page(`<script>window.my = { real: true }; window.AlipayJSBridge = { real: true };</script>${bridge}`),
    });
  });
  after(async () => {
    await browser?.close();
    await Promise.all([server?.stop(), pictures?.remove(), shop?.stop()]);
  });

  /** The developer's page with its pop-up open, at consent. */
  async function opened(t, way, wishes) {
    const { certifyId, link } = await merchant.begin({ scene: 'CERT_PHOTO', ...wishes });
    const developer = await peopleFor(t, browser)({ viewport: DESKTOP, language: 'en' });
    const query = new URLSearchParams({ way, url: link, certifyId });
    await developer.open(`${shop.origin}/h5?${query}`, server.endpoint);
    await developer.page.waitForSelector('body[data-ready=yes]');
    const [popup] = await Promise.all([popupOf(developer), developer.press('#go')]);
    await popup.at('step', 'consent');
    return { certifyId, developer, popup };
  }

  async function popupOf(developer) {
    const target = await developer.context.waitForTarget((each) => each.opener() === developer.page.target());
    const popup = await new Person(developer.context, await target.page()).ready({ viewport: DESKTOP, language: 'en' });
    popup.origins.add(server.endpoint);
    return popup;
  }

  const told = async (developer, count) => {
    await developer.page.waitForFunction((wanted) => told.length === wanted, { polling: 50 }, count);
    return developer.page.evaluate(() => told);
  };

  async function walk(popup) {
    await consent(popup);
    await uploadCard(popup, pictures.path('card.png'));
    await submit(popup);
  }

  /** Presses and does not mind that the window closes under the hand. */
  const closing = async (developer, doing) => {
    const target = (await developer.context.pages()).length;
    await doing().catch((problem) => {
      if (!/closed|detached|destroyed|Target/i.test(problem.message)) throw problem;
    });
    return target;
  };

  test('9000: passed, by my.startAPVerify; the window closes', async (t) => {
    const { certifyId, developer, popup } = await opened(t, 'my', { number: NUMBERS.passes });
    assert.equal(await popup.page.evaluate(() => location.hash), '', 'the address is bare');
    await closing(developer, () => walk(popup));
    const result = { resultStatus: '9000', result: { certifyId, errorCode: '' } };
    assert.deepEqual(await told(developer, 2), [['success', result], ['complete', result]]);
    assert.equal(await merchant.passed(certifyId), 'T');
    assert.equal((await developer.context.pages()).length, 1);
    popup.assertNoTrouble();
  });

  for (const way of ['text', 'object', 'older']) {
    test(`4000: failed, by the older call (${way})`, async (t) => {
      const { certifyId, developer, popup } = await opened(t, way, { number: NUMBERS.differs });
      await closing(developer, () => walk(popup));
      const [[name, { resultStatus, result }]] = await told(developer, 1);
      assert.deepEqual([name, resultStatus, result.certifyId], ['call', '4000', certifyId]);
      assert.match(result.errorCode, /^[A-Z_]+$/);
    });
  }

  test('4000 after a choice on the test page', async (t) => {
    const { developer, popup } = await opened(t, 'my');
    await walk(popup);
    await closing(developer, () => choose(popup, 'failed'));
    assert.equal((await told(developer, 2))[0][1].resultStatus, '4000');
  });

  test('6001: left by the button', async (t) => {
    const { developer, popup } = await opened(t, 'my');
    await consent(popup);
    await popup.at('step', 'cert_front');
    await closing(developer, () => leave(popup));
    assert.equal((await told(developer, 2))[0][1].resultStatus, '6001');
  });

  test('6001: the window was closed; there is no result', async (t) => {
    const { certifyId, developer, popup } = await opened(t, 'my');
    await popup.page.close();
    const result = { resultStatus: '6001', result: null };
    assert.deepEqual(await told(developer, 2), [['success', result], ['complete', result]]);
    assert.equal((await merchant.status(certifyId)).state, 'in_progress');
  });

  test('results from other windows and other origins are not heard', async (t) => {
    const { developer, popup } = await opened(t, 'my');
    const lie = { certifyd: 'result', resultStatus: '9000', result: { certifyId: 'x', errorCode: '' } };
    await developer.page.evaluate((message) => window.postMessage(message, '*'), lie);
    // The pop-up goes to another site, which lies to its opener.
    popup.origins.add(shop.origin);
    await popup.page.goto(`${shop.origin}/elsewhere`);
    await popup.page.evaluate((message) => window.opener.postMessage(message, '*'), lie);
    await popup.page.close();
    assert.deepEqual((await told(developer, 2))[0], ['success', { resultStatus: '6001', result: null }]);
  });

  test('6002 without a network; a call without an address fails', async (t) => {
    const developer = await peopleFor(t, browser)({ viewport: DESKTOP });
    await developer.open(`${shop.origin}/h5`, server.endpoint);
    const ask = (url) => developer.page.evaluate((link) => my.startAPVerify({ url: link }).catch(({ error, message }) => ({ error, message })), url);
    assert.equal((await ask('javascript:alert(1)')).error, 2);
    assert.equal((await ask(undefined)).error, 2);
    await developer.page.evaluate(() => { Object.defineProperty(navigator, 'onLine', { value: false }); });
    assert.deepEqual(await ask(server.gateway), { resultStatus: '6002', result: null });
  });

  test('in a client that has the real ones, they stay', async (t) => {
    const developer = await peopleFor(t, browser)({ viewport: DESKTOP });
    await developer.open(`${shop.origin}/in-client`, server.endpoint);
    assert.deepEqual(await developer.page.evaluate(() => [window.my, window.AlipayJSBridge]), [{ real: true }, { real: true }]);
  });
});
