// Notices, verified as the merchants' SDK verifies them: npm alipay-sdk 4.14.0 `checkNotifySign` and `checkNotifySignV2`.

import assert from 'node:assert/strict';
import { statSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { AlipaySdk } from 'alipay-sdk';
import { anonymousClient } from './lib/mini-program.mjs';
import { order } from './lib/orders.mjs';
import { startServer } from './lib/server.mjs';

const INITIALIZE = 'alipay.user.certify.open.initialize';
const STATUS = 'certifyd.certification.status';

/** A receiver of notices; `answer` gives status and body for the count of what has arrived, itself included. */
async function receiver(answer = () => [200, 'success']) {
  const arrived = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    arrived.push({ headers: request.headers, fields: Object.fromEntries(new URLSearchParams(body)) });
    const [status, text] = answer(arrived.length);
    response.writeHead(status).end(text);
    waiting.filter((wait) => wait.count <= arrived.length).forEach((wait) => wait.done(arrived));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    arrived,
    url: (path = '/notify') => `http://127.0.0.1:${server.address().port}${path}`,
    until: (count) =>
      arrived.length >= count ? Promise.resolve(arrived) : new Promise((done) => waiting.push({ count, done })),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('notices', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startServer({
      functions: {
        notified: `module.exports = async (ctx) => ctx.cloud.member.identification.init(ctx.args.order, { notifyUrl: ctx.args.notifyUrl });`,
        status: `module.exports = async (ctx) => ctx.cloud.member.identification.status(ctx.args);`,
      },
    });
  });
  after(() => server?.stop());

  const sdk = () =>
    new AlipaySdk({
      appId: server.ready.app_id,
      privateKey: server.key('app_private_key'),
      alipayPublicKey: server.key('gateway_public_key'),
      gateway: server.gateway,
      timeout: 30_000,
    });

  const open = async (alipay, notifyUrl, more = {}) => {
    const opened = await alipay.exec(INITIALIZE, { bizContent: order(), ...(notifyUrl && { notifyUrl }), ...more }, { validateSign: true });
    assert.equal(opened.code, '10000', JSON.stringify(opened));
    return opened.certifyId;
  };

  for (const [outcome, reason, passed] of [
    ['passed', undefined, 'T'],
    ['failed', '人脸不符', 'F'],
  ]) {
    test(`one that has ${outcome}: the SDK verifies the signature, and refuses a changed one`, async () => {
      const [alipay, notified] = [sdk(), await receiver()];
      const certifyId = await open(alipay, notified.url('/notify?shop=1'));
      await server.outcome(certifyId, outcome, reason);
      const [{ fields, headers }] = await notified.until(1);
      notified.close();
      assert.match(headers['content-type'], /^application\/x-www-form-urlencoded; charset=utf-8$/);
      assert.ok(alipay.checkNotifySign(fields), 'checkNotifySign');
      assert.ok(alipay.checkNotifySignV2(fields), 'checkNotifySignV2');
      const signed = Object.keys(fields).filter((name) => !['sign', 'sign_type'].includes(name));
      for (const name of signed) {
        const changed = { ...fields, [name]: `${fields[name]}x` };
        assert.ok(!alipay.checkNotifySignV2(changed), name);
      }
      assert.ok(!alipay.checkNotifySignV2({ ...fields, added: 'x' }));
      assert.equal(fields.notify_type, 'alipay.user.certify.open.notify.completed');
      assert.equal(fields.certify_id, certifyId);
      assert.equal(fields.state, outcome);
      assert.equal(fields.passed, passed);
      assert.equal(fields.fail_reason, reason);
      assert.equal(fields.test, 'true');
      assert.equal(fields.app_id, server.ready.app_id);
      assert.match(fields.gmt_finish, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      assert.ok(!JSON.stringify(fields).includes('张测试') && !JSON.stringify(fields).includes('110000'));
    });
  }

  test('one that failed to be taken comes again under its name, three times at once', async () => {
    const [alipay, notified] = [sdk(), await receiver((count) => (count < 3 ? [500, 'no'] : [200, ' success\n']))];
    await server.outcome(await open(alipay, notified.url()), 'passed');
    const arrived = await notified.until(3);
    notified.close();
    assert.equal(new Set(arrived.map(({ fields }) => JSON.stringify(fields))).size, 1);
  });

  test('an ISV is named beside the owner', async () => {
    const [alipay, notified] = [sdk(), await receiver()];
    const certifyId = await open(alipay, notified.url(), { appAuthToken: server.ready.app_auth_token });
    await server.outcome(certifyId, 'passed');
    const [{ fields }] = await notified.until(1);
    notified.close();
    assert.equal(fields.app_id, server.ready.app_id);
    assert.equal(fields.auth_app_id, server.ready.merchant_app_id);
  });

  test('an address that is no receiver is refused by name', async () => {
    for (const notifyUrl of ['ftp://merchant.example/', 'https://a:b@merchant.example/', 'merchant.example/notify']) {
      const refused = await sdk().exec(INITIALIZE, { bizContent: order(), notifyUrl });
      assert.equal(refused.subCode, 'ILLEGAL_ARGUMENT_FORMAT');
      assert.match(refused.subMsg, /notify_url \(notifyUrl\)/);
      assert.ok(!refused.subMsg.includes('merchant.example'));
    }
  });

  test('a cloud function names the address, and waits for the state', async () => {
    const notified = await receiver();
    const { sdk: client } = await anonymousClient(server);
    const call = async (name, args) => (await client.function.invoke(name, args)).result;
    const { certifyId } = await call('notified', { order: order(), notifyUrl: notified.url() });
    assert.equal((await call('status', { certifyId })).state, 'created');
    const waiting = call('status', { certifyId, waitSeconds: 4, knownState: 'created' });
    await server.outcome(certifyId, 'passed');
    const told = await waiting;
    assert.deepEqual([told.state, told.pending, told.passed, told.assurance], ['passed', 'F', 'T', 'simulated']);
    const [{ fields }] = await notified.until(1);
    notified.close();
    assert.ok(sdk().checkNotifySignV2(fields));
  });

  test('status tells pending from failed, on the gateway and in v3', async () => {
    const alipay = sdk();
    const certifyId = await open(alipay);
    const ask = (more) => alipay.exec(STATUS, { bizContent: { certifyId, ...more } }, { validateSign: true });
    const pending = await ask();
    assert.deepEqual([pending.state, pending.pending, pending.passed, pending.test], ['created', 'T', 'F', 'true']);
    const waiting = ask({ wait_seconds: 30 });
    await server.outcome(certifyId, 'failed', 'Z1147');
    const failed = await waiting;
    assert.deepEqual([failed.state, failed.pending, failed.passed, failed.failReason], ['failed', 'F', 'F', 'Z1147']);
    const v3 = new AlipaySdk({
      appId: server.ready.app_id,
      privateKey: server.key('app_private_key'),
      alipayPublicKey: server.key('gateway_public_key'),
      endpoint: server.endpoint,
    });
    const told = await v3.curl('GET', '/v3/certifyd/certification/status', {
      query: { certify_id: certifyId, known_state: 'created', wait_seconds: '5' },
    });
    assert.equal(told.data.state, 'failed');
  });

  test("the operator's door wants the token of the file, and lists what was delivered", async () => {
    const [alipay, notified] = [sdk(), await receiver()];
    const certifyId = await open(alipay, notified.url());
    await server.outcome(certifyId, 'passed');
    const [{ fields }] = await notified.until(1);
    const file = server.ready.operator_token;
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const token = readFileSync(file, 'utf8').trim();
    const ask = (path, headers, method = 'GET') => fetch(`${server.endpoint}${path}`, { method, headers });
    const list = '/operator/notices?state=delivered&limit=1000';
    assert.equal((await ask(list)).status, 401);
    assert.equal((await ask(list, { authorization: `Bearer ${token}x` })).status, 401);
    const bearer = { authorization: `Bearer ${token}` };
    let listed;
    // What was answered a moment ago is being written down.
    for (let look = 0; !listed && look < 100; look += 1) {
      const { notices } = await (await ask(list, bearer)).json();
      listed = notices.find((notice) => notice.notify_id === fields.notify_id);
    }
    assert.equal(listed.certify_id, certifyId);
    const again = await ask(`/operator/notices/${fields.notify_id}/redeliver`, bearer, 'POST');
    assert.equal(again.status, 200);
    const arrived = await notified.until(2);
    notified.close();
    assert.deepEqual(arrived[1].fields, fields);
  });
});
