// The two function forms of the interface document: the functions of the example, called as a page calls them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { anonymousClient } from './lib/mini-program.mjs';
import { CERTIFY_ID, UNKNOWN_ID } from './lib/orders.mjs';
import { startServer } from './lib/server.mjs';

const functions = {
  // The calls of the document's certify and query pages leave `cloud` out.
  'query-alias': 'module.exports = async (ctx) => ctx.member.identification.query({ certifyId: ctx.args.certifyId });',
  frozen: `const params = Object.freeze({ certifyId: '${UNKNOWN_ID}' });
    module.exports = async (ctx) => ctx.cloud.member.identification.query(params, Object.freeze({}));`,
};

describe('functions', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startServer({ functions, example: true });
  });
  after(() => server?.stop());

  async function caller() {
    const { sdk } = await anonymousClient(server);
    return async (name, args) => (await sdk.function.invoke(name, args)).result;
  }

  test('init, certify, outcome, query', async () => {
    const call = await caller();
    const opened = await call('init');
    assert.equal(opened.code, '10000');
    assert.equal(opened.msg, 'Success');
    assert.match(opened.certify_id, CERTIFY_ID);
    assert.equal(opened.certifyId, opened.certify_id);
    const { certifyId } = opened;

    const { body } = await call('certify', { certifyId });
    assert.match(await (await fetch(body)).text(), /TEST/);
    assert.equal((await call('query', { certifyId })).passed, 'F');
    await server.outcome(certifyId, 'passed');
    assert.equal((await call('query', { certifyId })).passed, 'T');
    assert.equal((await call('query-alias', { certifyId })).passed, 'T');
  });

  test("with a merchant's token the certification is the merchant's", async () => {
    const call = await caller();
    const appAuthToken = server.ready.app_auth_token;
    const opened = await call('init-with-token', { appAuthToken });
    assert.equal(opened.code, '10000');
    const { certifyId } = opened;
    await server.outcome(certifyId, 'passed');

    assert.equal((await call('query', { certifyId, appAuthToken })).passed, 'T');
    const foreign = await call('query', { certifyId });
    assert.equal(foreign.code, '40004');
    assert.equal(foreign.sub_code, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    assert.equal(JSON.stringify(foreign), JSON.stringify(await call('query', { certifyId: UNKNOWN_ID })));
  });

  test('with an unknown token it is refused', async () => {
    const call = await caller();
    const answer = await call('init-with-token', { appAuthToken: 'canary-token-0001' });
    assert.equal(answer.code, '20001');
    assert.equal(answer.sub_code, 'aop.invalid-app-auth-token');
    assert.equal(answer.subCode, answer.sub_code);
    assert.ok(!JSON.stringify(answer).includes('canary-token-0001'));
    assert.ok(!server.log.includes('canary-token-0001'));
  });

  test('without a token the same function acts for its own application', async () => {
    const call = await caller();
    const { code, certifyId } = await call('init-with-token');
    assert.equal(code, '10000');
    assert.equal((await call('query', { certifyId })).code, '10000');
  });

  test('frozen arguments are fine, and business failures are values', async () => {
    const call = await caller();
    assert.equal((await call('frozen')).sub_code, 'OPEN_CERTIFY_BILL_NOT_EXIST');
  });
});
