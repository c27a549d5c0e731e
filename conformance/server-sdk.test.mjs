// The published server-side packages against /server, signed with the space's own key.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import nodeSdk from '@alicloud/mpserverless-node-sdk';
import cloudNow from 'alipay-serverless-server-sdk';
import cloudThen from 'alipay-serverless-server-sdk-0-1';
import { CERTIFY_ID, UNKNOWN_ID, order } from './lib/orders.mjs';
import { anonymousToken, clientCall } from './lib/raw.mjs';
import { startServer } from './lib/server.mjs';

const functions = {
  about: 'module.exports = async (ctx) => ({ source: ctx.env.MP_SOURCE, requestId: ctx.requestId });',
  throws: `module.exports = async () => { throw Object.assign(new Error('no'), { code: 4001 }); };`,
};

describe('server SDKs', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startServer({ functions });
  });
  after(() => server?.stop());

  const sdkFor = (settings) =>
    new nodeSdk.default({
      appId: server.ready.app_id,
      spaceId: server.ready.space_id,
      endpoint: server.endpoint,
      serverSecret: server.key('server_private_key'),
      timeout: 30_000,
      ...settings,
    });

  test('function.invoke', async () => {
    const { success, result, requestId } = await sdkFor().function.invoke('about', {});
    assert.deepEqual([success, result], [true, { source: 'server', requestId }]);
  });

  test('a call from inside a function is known by its header, and may be compressed', async () => {
    // The SDK looks at the environment while it is being made.
    process.env.FC_FUNCTION_NAME = 'outer';
    const sdk = sdkFor();
    delete process.env.FC_FUNCTION_NAME;
    assert.equal((await sdk.function.invoke('about')).result.source, 'function');
  });

  test('a token selects its user; a wrong one is refused', async () => {
    const token = await anonymousToken(server);
    const me = (await clientCall(server, 'serverless.auth.user.getProfileInfo', {}, { token })).envelope.data.user;
    const { user } = await sdkFor({ token }).user.getInfo();
    assert.equal(user.userId, me.userId);
    await assert.rejects(sdkFor({ token: 'no-such-token' }).function.invoke('about'), (error) => {
      assert.match(error.code, /^(GATEWAY_INVALID_TOKEN|InvalidParameter\.InvalidToken)$/);
      return true;
    });
  });

  test('setUserId names a user, and a trace id does no harm', async () => {
    const token = await anonymousToken(server);
    const me = (await clientCall(server, 'serverless.auth.user.getProfileInfo', {}, { token })).envelope.data.user;
    const { user } = await sdkFor({ requestId: 'trace-0001' }).setUserId(me.userId).user.getInfo();
    assert.equal(user.userId, me.userId);
  });

  test("a function's failure is an Error with code and message", async () => {
    await assert.rejects(sdkFor().function.invoke('throws'), { code: 'FunctionBizError', message: '4001:no' });
  });

  test('db is refused', async () => {
    await assert.rejects(sdkFor().db.collection('people').find({}), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(error.code, 'MethodNotSupported');
      return true;
    });
  });

  test('the key of another space is refused', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const serverSecret = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await assert.rejects(sdkFor({ serverSecret }).function.invoke('about'), { code: 'SignatureNotMatch' });
  });

  const generations = {
    'cloud SDK 0.5.3': cloudNow.default,
    'cloud SDK 0.1.9': cloudThen.default,
  };
  for (const [generation, Cloud] of Object.entries(generations)) {
    const cloudFor = () => new Cloud(sdkFor());

    test(`${generation}: init, certify, outcome, query`, async () => {
      const { identification } = cloudFor().member;
      const opened = await identification.init(order());
      assert.equal(opened.code, '10000');
      assert.match(opened.certifyId, CERTIFY_ID);
      const { certifyId } = opened;

      const { body } = await identification.certify({ certifyId });
      assert.match(await (await fetch(body)).text(), /TEST/);
      assert.equal((await identification.query({ certifyId })).passed, 'F');
      await server.outcome(certifyId, 'passed');
      assert.strictEqual((await identification.query({ certifyId })).passed, 'T');
    });

    test(`${generation}: the same by util.generic.execute`, async () => {
      const { generic } = cloudFor().util;
      const opened = await generic.execute('alipay.user.certify.open.initialize', order());
      assert.equal(opened.code, '10000');
      const { certifyId } = opened;
      await server.outcome(certifyId, 'failed', 'Z1147');
      const result = await generic.execute('alipay.user.certify.open.query', { certifyId });
      assert.equal(result.passed, 'F');
    });

    test(`${generation}: steering members beside the parameters are no business content`, async () => {
      const { identification } = cloudFor().member;
      const opened = await identification.init({
        ...order(),
        appId: server.ready.app_id,
        bindAppId: server.ready.app_id,
        notifyUrl: 'https://notify.example/x',
        env: 'online',
      });
      assert.equal(opened.code, '10000');
    });

    test(`${generation}: appAuthToken beside the parameters acts for the merchant`, async () => {
      const { member, util } = cloudFor();
      const appAuthToken = server.ready.app_auth_token;
      const { code, certifyId } = await member.identification.init({ ...order(), appAuthToken });
      assert.equal(code, '10000');
      assert.equal((await member.identification.query({ certifyId, appAuthToken })).code, '10000');
      const generic = await util.generic.execute('alipay.user.certify.open.query', { certifyId, appAuthToken });
      assert.equal(generic.code, '10000');
      assert.equal((await member.identification.query({ certifyId })).subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');

      const refused = await member.identification.init({ ...order(), appAuthToken: 'canary-token-0002' });
      assert.equal(refused.code, '20001');
      assert.equal(refused.subCode, 'aop.invalid-app-auth-token');
      assert.ok(!JSON.stringify(refused).includes('canary-token-0002'));
    });

    test(`${generation}: business failures resolve`, async () => {
      const { identification } = cloudFor().member;
      const refused = await identification.init({ ...order(), bizCode: 'NOSE' });
      assert.equal(refused.code, '40004');
      assert.equal(refused.subCode, 'ILLEGAL_ARGUMENT_FORMAT');
      const unknown = await identification.query({ certifyId: UNKNOWN_ID });
      assert.equal(unknown.subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    });
  }

  test('both generations and the same order: one certification', async () => {
    const same = order();
    const ids = await Promise.all(
      [cloudNow.default, cloudThen.default].map((Cloud) =>
        new Cloud(sdkFor()).member.identification.init(structuredClone(same)),
      ),
    );
    assert.equal(ids[0].certifyId, ids[1].certifyId);
    assert.equal(ids[0].code, '10000');
  });
});
