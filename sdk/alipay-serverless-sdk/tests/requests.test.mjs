import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudOver, deepFreeze, order, person, snakeOrder } from './stand-in.mjs';

const ID = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const accepted = { code: '10000', msg: 'Success', certify_id: ID };

const initCall = {
  target: 'alipay-openapi',
  args: { method: 'alipay.user.certify.open.initialize', params: snakeOrder() },
};

test('init, object form', async () => {
  const { cloud, calls } = cloudOver(accepted);
  await cloud.member.identification.init(order());
  assert.deepEqual(calls, [initCall]);
});

test('init, positional form, sends the same', async () => {
  const { cloud, calls } = cloudOver(accepted);
  await cloud.member.identification.init('order0001', 'FACE', person(), { returnUrl: 'www.taobao.com' });
  assert.deepEqual(calls, [initCall]);
});

test('init sends the members in the documented order, $config first', async () => {
  const { cloud, calls } = cloudOver(accepted);
  await cloud.member.identification.init(order());
  assert.equal(JSON.stringify(calls[0].args.params), JSON.stringify(snakeOrder()));
});

for (const [form, argument] of [['object', { certifyId: ID }], ['positional', ID]]) {
  test(`certify, ${form} form`, async () => {
    const { cloud, calls } = cloudOver('https://certify.example/start?id=1');
    const answer = await cloud.member.identification.certify(argument);
    assert.deepEqual(answer, { body: 'https://certify.example/start?id=1' });
    assert.deepEqual(calls[0].args, {
      method: 'alipay.user.certify.open.certify',
      params: { $config: {}, certify_id: ID, pageExec: 'get' },
    });
  });

  test(`query, ${form} form`, async () => {
    const { cloud, calls } = cloudOver({ code: '10000', msg: 'Success', passed: 'T' });
    const answer = await cloud.member.identification.query(argument);
    assert.equal(answer.passed, 'T');
    assert.deepEqual(calls[0].args, {
      method: 'alipay.user.certify.open.query',
      params: { $config: {}, certify_id: ID },
    });
  });
}

test('capitalised names reach the same calls', async () => {
  const { cloud, calls } = cloudOver(accepted);
  await cloud.Member.Identification.init(order());
  await cloud.Member.identification.init(order());
  assert.deepEqual(calls, [initCall, initCall]);
  assert.equal(cloud.Util.Generic.execute, cloud.util.generic.execute);
});

test('util.generic.execute sends any method, with authToken in $config', async () => {
  const { cloud, calls } = cloudOver(accepted);
  await cloud.util.generic.execute('alipay.user.certify.open.query', { certifyId: ID }, { authToken: 'user-token' });
  assert.deepEqual(calls[0].args, {
    method: 'alipay.user.certify.open.query',
    params: { $config: { authToken: 'user-token' }, certify_id: ID },
  });
});

test('options of cloud.init go into $config', async () => {
  const { cloud, calls } = cloudOver(accepted, { notify: { url: 'https://notify.example/x' }, env: 'online' });
  await cloud.member.identification.query({ certifyId: ID });
  assert.deepEqual(calls[0].args.params, {
    $config: { notify: { url: 'https://notify.example/x' }, env: 'online' },
    certify_id: ID,
  });
});

test('arguments are left as they were, frozen ones too', async () => {
  const { cloud } = cloudOver(accepted);
  const params = deepFreeze(Object.assign(order(), { notifyUrl: 'https://notify.example/x', env: 'online' }));
  const before = JSON.stringify(params);
  await cloud.member.identification.init(params, deepFreeze({ env: 'test' }));
  await cloud.member.identification.init('o', 'FACE', params.identityParam, params.merchantConfig);
  assert.equal(JSON.stringify(params), before);
});

test('an identity given as JSON text, and an empty call, go to the server as they are', async () => {
  const { cloud, calls } = cloudOver({ code: '40004', msg: 'Business Failed' });
  const text = JSON.stringify(person());
  await cloud.member.identification.init(Object.assign(order(), { identityParam: text }));
  await cloud.member.identification.init();
  assert.equal(calls[0].args.params.identity_param, text);
  assert.equal(JSON.stringify(calls[1].args.params), '{"$config":{}}');
});

test('names are spelled the same way at every depth and values are never touched', async () => {
  const { cloud, calls } = cloudOver(accepted);
  const at = new Date(0);
  await cloud.util.generic.execute('m', { aBC: [{ someURLText: 'keepMe' }], already_snake: 1, when: at, none: null });
  assert.deepEqual(calls[0].args.params, {
    $config: {},
    a_bc: [{ some_url_text: 'keepMe' }],
    already_snake: 1,
    when: at,
    none: null,
  });
});
