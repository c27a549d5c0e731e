import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { cloudOver, order, person } from './stand-in.mjs';

const { createCloud } = createRequire(import.meta.url)('../lib/cloud.js');
const TOKEN = 'merchant-token-0001';

const carriers = {
  'beside the parameters': (id) => id.init({ ...order(), appAuthToken: TOKEN }),
  'beside the parameters, snake_case': (id) => id.init({ ...order(), app_auth_token: TOKEN }),
  'in the second argument': (id) => id.init(order(), { appAuthToken: TOKEN }),
  'in the second argument, snake_case': (id) => id.init(order(), { app_auth_token: TOKEN }),
  'after positional arguments': (id) => id.init('o', 'FACE', person(), { returnUrl: 'x' }, { appAuthToken: TOKEN }),
  'with certify': (id) => id.certify('c0', { appAuthToken: TOKEN }),
  'with query': (id) => id.query({ certifyId: 'c0', appAuthToken: TOKEN }),
  'in $config': (id) => id.query({ certifyId: 'c0', $config: { appAuthToken: TOKEN } }),
};

for (const [where, call] of Object.entries(carriers)) {
  test(`a page that passes appAuthToken ${where} is refused before anything is sent`, async () => {
    const { cloud, calls } = cloudOver({ code: '10000' });
    await assert.rejects(call(cloud.member.identification), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(error.code, 'APP_AUTH_TOKEN_NOT_ALLOWED');
      assert.match(error.message, /云函数/);
      assert.match(error.message, /cloud functions only/);
      assert.match(error.message, /function\.invoke/);
      assert.ok(!error.message.includes(TOKEN));
      return true;
    });
    assert.deepEqual(calls, []);
  });
}

test('util.generic.execute and cloud.init refuse the token as well', async () => {
  const { cloud, calls } = cloudOver({ code: '10000' });
  await assert.rejects(cloud.util.generic.execute('m', {}, { appAuthToken: TOKEN }), {
    code: 'APP_AUTH_TOKEN_NOT_ALLOWED',
  });
  assert.throws(() => cloudOver({}, { appAuthToken: TOKEN }), { code: 'APP_AUTH_TOKEN_NOT_ALLOWED' });
  assert.deepEqual(calls, []);
});

test('an absent token is no token, and is not sent', async () => {
  const { cloud, calls } = cloudOver({ code: '10000' });
  await cloud.member.identification.init({ ...order(), appAuthToken: undefined }, { appAuthToken: '' });
  assert.ok(!JSON.stringify(calls).toLowerCase().includes('token'));
});

test('a call before cloud.init rejects and says what to do', async () => {
  const cloud = createCloud();
  for (const call of [
    () => cloud.member.identification.init(order()),
    () => cloud.member.identification.certify('c0'),
    () => cloud.util.generic.execute('m'),
  ]) {
    await assert.rejects(call(), (error) => {
      assert.equal(error.code, 'NOT_INITIALIZED');
      assert.match(error.message, /cloud\.init\(mpServerless\)/);
      return true;
    });
  }
});

test('cloud.init wants a client', () => {
  for (const client of [undefined, null, {}, { function: {} }]) {
    assert.throws(() => createCloud().init(client), { code: 'INVALID_CLIENT' });
  }
});

test('what travels in another way rejects and names the call', async () => {
  const { cloud, calls } = cloudOver({ code: '10000' });
  for (const [name, call] of [
    ['cloud.aliyun.shortMessage.send', cloud.aliyun.shortMessage.send],
    ['cloud.aliyun.shortMessage.batchSend', cloud.Aliyun.ShortMessage.batchSend],
    ['cloud.merchant.item.uploadFile', cloud.merchant.item.uploadFile],
  ]) {
    await assert.rejects(call({}), (error) => {
      assert.equal(error.code, 'CALL_NOT_SERVED');
      assert.ok(error.message.startsWith(`${name}:`));
      assert.match(error.message, /certifyd does not serve/);
      return true;
    });
  }
  assert.deepEqual(calls, []);
});

test('a cloud is not mistaken for a promise', async () => {
  const { cloud } = cloudOver({});
  assert.equal(await cloud, cloud);
  assert.equal(await cloud.payment, cloud.payment);
});
