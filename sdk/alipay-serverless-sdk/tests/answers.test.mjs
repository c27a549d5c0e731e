import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudOver, deepFreeze, order } from './stand-in.mjs';

const ID = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const refusal = {
  code: '40004',
  msg: 'Business Failed',
  sub_code: 'OPEN_CERTIFY_BILL_NOT_EXIST',
  subMsg: '无效的certify_id',
};

test('every member comes in both spellings, nested text untouched', async () => {
  const sent = deepFreeze({ code: '10000', msg: 'Success', passed: 'T', identity_info: '{"cert_no":"x"}', a_b_c: 1 });
  const { cloud } = cloudOver(sent);
  const answer = await cloud.member.identification.query(ID);
  assert.deepEqual(answer, { ...sent, identityInfo: '{"cert_no":"x"}', aBC: 1 });
});

test('a spelling that the server gave is kept', async () => {
  const { cloud } = cloudOver({ code: '10000', certify_id: 'a', certifyId: 'b' });
  const answer = await cloud.member.identification.init(order());
  assert.equal(answer.certify_id, 'a');
  assert.equal(answer.certifyId, 'b');
});

test('a business failure resolves with the business object, from certify too', async () => {
  const { cloud } = cloudOver(refusal);
  const both = { ...refusal, subCode: refusal.sub_code, sub_msg: refusal.subMsg };
  assert.deepEqual(await cloud.member.identification.init(order()), both);
  assert.deepEqual(await cloud.member.identification.query(ID), both);
  assert.deepEqual(await cloud.member.identification.certify(ID), both);
});

const failures = [
  ['a plain object', { code: 'SignatureNotMatch', message: 'signature' }, 'SignatureNotMatch', /^signature$/],
  ['the wrapper of authorisations', { body: {}, error: { code: 'InvalidSpace.Deleted', message: 'gone' } }, 'InvalidSpace.Deleted', /^gone$/],
  ['a runtime number', { error: 12, errorMessage: '网络异常' }, 12, /^网络异常$/],
  ['a text', 'it broke', 'INVOKE_FAILED', /^it broke$/],
  ['nothing', undefined, 'INVOKE_FAILED', /cloud\.member\.identification\.query/],
];

for (const [what, reason, code, message] of failures) {
  test(`a transport that rejects with ${what} becomes an Error`, async () => {
    const { cloud } = cloudOver(() => Promise.reject(reason));
    await assert.rejects(cloud.member.identification.query(ID), (error) => {
      assert.ok(error instanceof Error);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('an Error of the transport is passed on as it is', async () => {
  const reason = Object.assign(new Error('expired'), { code: 'UnauthorizedError' });
  const { cloud } = cloudOver(() => Promise.reject(reason));
  await assert.rejects(cloud.member.identification.query(ID), (error) => error === reason);
});

test('a reply that reports failure without rejecting is a failure', async () => {
  const { cloud } = cloudOver(() => ({ success: false, error: 'denied' }));
  await assert.rejects(cloud.member.identification.query(ID), { message: 'denied' });
});

test('a reply without a result is a failure', async () => {
  for (const reply of [undefined, null, {}, { success: true, result: null }]) {
    const { cloud } = cloudOver(() => reply);
    await assert.rejects(cloud.member.identification.query(ID), { code: 'EMPTY_ANSWER' });
  }
});
