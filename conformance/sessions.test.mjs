// Sessions live ten minutes, and thirty from each use; the SDK renews them without its caller noticing.
// Each test moves the clock of a server of its own.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anonymousClient, clientFor } from './lib/mini-program.mjs';
import { anonymousToken, clientCall, invoke } from './lib/raw.mjs';
import { serverFor } from './lib/server.mjs';

const ANONYMOUS = 'serverless.auth.user.anonymousAuthorize';
const AUTHORIZE = 'serverless.auth.user.authorize';
const INVOKE = 'serverless.function.runtime.invoke';
const TOKEN_CODES = /^(GATEWAY_INVALID_TOKEN|InvalidParameter\.InvalidToken)$/;

async function works(sdk) {
  assert.deepEqual((await sdk.function.invoke('echo', { a: 1 })).result, { a: 1 });
}

describe('sessions', { concurrency: true }, () => {
  test('unused for eleven minutes: renewed, transparently to the caller', async (t) => {
    const server = await serverFor(t);
    const { sdk, requests, sentMethods } = await anonymousClient(server);
    await server.advanceClock({ minutes: 11 });
    await works(sdk);
    assert.deepEqual(sentMethods(), [ANONYMOUS, INVOKE, ANONYMOUS, INVOKE]);
    assert.match(requests[1].answer.data.error.code, TOKEN_CODES);
    assert.notEqual(requests[3].body.token, requests[1].body.token);
    await works(sdk);
    assert.equal(requests.length, 5);
  });

  test('a session by auth code is renewed with a new code', async (t) => {
    const server = await serverFor(t);
    const { sdk, requests, sentMethods } = clientFor(server);
    await sdk.init();
    await server.advanceClock({ minutes: 11 });
    await works(sdk);
    assert.deepEqual(sentMethods(), [AUTHORIZE, INVOKE, AUTHORIZE, INVOKE]);
    assert.notEqual(requests[0].body.params, requests[2].body.params);
  });

  test('each use extends it to thirty minutes from then', async (t) => {
    const server = await serverFor(t);
    const { sdk, sentMethods } = await anonymousClient(server);
    for (const minutes of [9, 26, 29]) {
      await server.advanceClock({ minutes });
      await works(sdk);
    }
    assert.deepEqual(sentMethods(), [ANONYMOUS, INVOKE, INVOKE, INVOKE]);
    await server.advanceClock({ minutes: 31 });
    await works(sdk);
    assert.deepEqual(sentMethods().slice(4), [INVOKE, ANONYMOUS, INVOKE]);
  });

  test('four parallel calls with a stale token all succeed', async (t) => {
    const server = await serverFor(t);
    const { sdk, requests, sentMethods } = await anonymousClient(server);
    await server.advanceClock({ minutes: 11 });
    await Promise.all([works(sdk), works(sdk), works(sdk), works(sdk)]);
    assert.equal(requests.length, 13);
    assert.equal(sentMethods().filter((method) => method === ANONYMOUS).length, 5);
  });

  test('a new authorisation leaves earlier sessions of the same user valid', async (t) => {
    const server = await serverFor(t);
    const authorise = async () => {
      const { envelope } = await clientCall(server, AUTHORIZE, {
        authProvider: 'alipay_openapi',
        clientIdentifier: server.ready.app_id,
        authCode: 'one-and-the-same-person',
      });
      return envelope.data.accessToken;
    };
    const tokens = [await authorise(), await authorise(), await authorise()];
    assert.equal(new Set(tokens).size, 3);
    for (const token of tokens) assert.equal((await invoke(server, token, 'echo')).success, true);
  });

  test('an expired token is refused with one of the two codes, and stays refused', async (t) => {
    const server = await serverFor(t);
    const token = await anonymousToken(server);
    await server.advanceClock({ minutes: 11 });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      assert.match((await invoke(server, token, 'echo')).error.code, TOKEN_CODES);
    }
  });

  test('calls before any authorisation stay in the client', async (t) => {
    const server = await serverFor(t);
    const { sdk, requests } = clientFor(server);
    await assert.rejects(sdk.function.invoke('echo'), { name: /Error/ });
    assert.deepEqual(requests, []);
  });
});
