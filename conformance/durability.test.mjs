// What was answered is stored: once under races, and still there after the process was killed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AlipaySdk } from 'alipay-sdk';
import { anonymousClient } from './lib/mini-program.mjs';
import { CERTIFY_ID, order } from './lib/orders.mjs';
import { serverFor } from './lib/server.mjs';

const METHOD = 'alipay.user.certify.open.';

const gatewayFor = (server) =>
  new AlipaySdk({
    appId: server.ready.app_id,
    privateKey: server.key('app_private_key'),
    alipayPublicKey: server.key('gateway_public_key'),
    gateway: server.gateway,
    timeout: 60_000,
  });

const ask = (sdk, step, bizContent) => sdk.exec(METHOD + step, { bizContent }, { validateSign: true });

/** The same as a page sends it. */
const pageCall = (sdk, { outerOrderNo, bizCode, identityParam, merchantConfig }) =>
  sdk.function.invoke('alipay-openapi', {
    method: `${METHOD}initialize`,
    params: {
      $config: {},
      outer_order_no: outerOrderNo,
      biz_code: bizCode,
      identity_param: identityParam,
      merchant_config: merchantConfig,
    },
  });

describe('durability', { concurrency: true }, () => {
  test('64 callers with the same order get one certification, through one door and through both', async (t) => {
    const server = await serverFor(t);
    const gateway = gatewayFor(server);
    const { sdk } = await anonymousClient(server);
    const doors = [
      (content) => ask(gateway, 'initialize', content),
      async (content) => (await pageCall(sdk, content)).result,
    ];
    const mixes = [() => doors[0], () => doors[1], (caller) => doors[caller % 2]];
    for (const pick of mixes) {
      const content = order();
      const answers = await Promise.all(Array.from({ length: 64 }, (_, caller) => pick(caller)(content)));
      assert.deepEqual([...new Set(answers.map(({ code }) => code))], ['10000']);
      assert.equal(new Set(answers.map(({ certifyId }) => certifyId)).size, 1);
    }
  });

  test('64 callers with one order number and different people: one wins, the others are refused', async (t) => {
    const server = await serverFor(t);
    const gateway = gatewayFor(server);
    const { outerOrderNo } = order();
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, caller) => {
        const content = order(outerOrderNo);
        content.identityParam.certName = `张测试${String.fromCharCode(0x4e00 + caller)}`;
        return ask(gateway, 'initialize', content);
      }),
    );
    assert.equal(answers.filter(({ code }) => code === '10000').length, 1);
    assert.equal(answers.filter(({ code }) => code === '40004').length, 63);
  });

  test('SIGKILL loses nothing that was answered: certifications, outcomes, sessions, keys', async (t) => {
    const server = await serverFor(t);
    const before = server.ready;
    const gateway = gatewayFor(server);
    const page = await anonymousClient(server, { origin: () => server.endpoint });
    const answered = [];
    const remember = async (content) => {
      const { code, certifyId } = await ask(gateway, 'initialize', content);
      assert.equal(code, '10000');
      answered.push({ content, certifyId });
    };

    for (let round = 0; round < 20; round += 1) await remember(order());
    const passed = answered[0].certifyId;
    await server.outcome(passed, 'passed');

    // Killed in the middle of many more: whoever has an answer by then must find it again.
    let enough;
    const someAnswered = new Promise((resolve) => {
      enough = resolve;
    });
    const inFlight = Array.from({ length: 200 }, () =>
      remember(order()).then(
        () => answered.length >= 60 && enough(),
        () => {},
      ),
    );
    await someAnswered;
    await server.kill();
    await Promise.all(inFlight);

    await server.start();
    for (const member of ['app_id', 'space_id', 'client_secret', 'app_auth_token']) {
      assert.equal(server.ready[member], before[member], member);
    }
    const again = gatewayFor(server);
    for (const { content, certifyId } of answered) {
      assert.match(certifyId, CERTIFY_ID);
      const result = await ask(again, 'query', { certifyId });
      assert.equal(result.code, '10000');
      assert.equal(result.passed, certifyId === passed ? 'T' : 'F');
      assert.equal((await ask(again, 'initialize', content)).certifyId, certifyId);
    }

    const sent = page.requests.length;
    assert.deepEqual((await page.sdk.function.invoke('echo', { a: 1 })).result, { a: 1 });
    assert.equal(page.requests.length, sent + 1, 'the session is still valid: no second authorisation');
  });

  test('SIGTERM ends a server in order, and it comes back the same', async (t) => {
    const server = await serverFor(t);
    const { certifyId } = await ask(gatewayFor(server), 'initialize', order());
    server.child.kill('SIGTERM');
    await server.ended;
    assert.equal(server.child.exitCode, 0);
    await server.start();
    assert.equal((await ask(gatewayFor(server), 'query', { certifyId })).passed, 'F');
  });
});
