// @alicloud/mpserverless-sdk 3.1.5, unchanged, over a stand-in for the mini-program runtime.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { anonymousClient, clientFor } from './lib/mini-program.mjs';
import { anonymousToken, callBody, clientCall, hmacMd5, post, rsaMd5 } from './lib/raw.mjs';
import { startServer } from './lib/server.mjs';

const functions = {
  about: `module.exports = async (ctx) => ({ requestId: ctx.requestId, env: ctx.env });`,
  values: `const values = {
      nothing: undefined, none: null, no: false, empty: '', zero: 0, list: [1, [2]], text: '试用 😀 \\ud83d', date: new Date(0),
      holes: { keep: 1, drop: undefined, nan: NaN }, order: { z: 1, a: 2 }, own: { toJSON: () => 'mine' },
    };
    module.exports = (ctx) => values[ctx.args.name];`,
  throws: `module.exports = async (ctx) => {
      const error = new Error(ctx.args.message);
      if ('code' in ctx.args) error.code = ctx.args.code;
      throw error;
    };`,
  cyclic: 'module.exports = () => { const value = {}; value.self = value; return value; };',
  broken: 'module.exports = async (ctx => {',
  lost: `const lost = require('./not-here'); module.exports = () => lost;`,
  unmarked: 'exports.main = async () => 1;',
  defaulted: 'exports.default = async () => "by default";',
  nested: {
    'index.js': `const name = require('./lib/name.js');
      module.exports = async (ctx) => {
        const inner = await ctx.mpserverless.function.invoke('about', {});
        const user = await ctx.mpserverless.user.getInfo();
        return { name, source: inner.result.env.MP_SOURCE, success: inner.success, user };
      };`,
    'lib/name.js': `module.exports = 'a file beside index.js';`,
  },
  aliases: `module.exports = async (ctx) => [ctx.member === ctx.cloud.member, typeof ctx.basement.function.invoke];`,
};

describe('client SDK', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startServer({ functions });
  });
  after(() => server?.stop());

  test('an anonymous session; every init is another user', async () => {
    const { sdk, sentMethods } = clientFor(server);
    assert.deepEqual(await sdk.init({ authorType: 'anonymous' }), { success: true });
    const first = await sdk.user.getInfo();
    assert.equal(first.success, true);
    assert.equal(first.result.user.spaceId, server.ready.space_id);
    assert.equal(typeof first.result.user.userId, 'string');
    assert.equal(new Date(first.result.user.createdAt).toString() === 'Invalid Date', false);
    assert.ok('lastSeenAt' in first.result.user);
    assert.ok(!('oAuthUserId' in first.result.user));

    await sdk.init({ authType: 'anonymous' });
    const second = await sdk.user.getInfo();
    assert.notEqual(second.result.user.userId, first.result.user.userId);
    assert.deepEqual(sentMethods(), [
      'serverless.auth.user.anonymousAuthorize',
      'serverless.auth.user.getProfileInfo',
      'serverless.auth.user.anonymousAuthorize',
      'serverless.auth.user.getProfileInfo',
    ]);
  });

  test('a session by auth code names the Alipay user', async () => {
    const { sdk, requests } = clientFor(server);
    assert.deepEqual(await sdk.init(), { success: true });
    assert.equal(requests[0].answer.data.data.expiresInSecond, 600);
    const { result } = await sdk.user.getInfo();
    assert.match(result.user.oAuthUserId, /^2088\d{12}$/);
    assert.equal(typeof result.user.userId, 'string');
  });

  test('authorize with a provider is the same session', async () => {
    const { sdk } = clientFor(server);
    assert.deepEqual(await sdk.user.authorize({ authProvider: 'alipay_openapi' }), { success: true });
    assert.match((await sdk.user.getInfo()).result.user.oAuthUserId, /^2088/);
  });

  test('an endpoint with a slash at its end works', async () => {
    const { sdk, requests } = clientFor(server, { endpoint: `${server.endpoint}/` });
    assert.deepEqual(await sdk.init({ authorType: 'anonymous' }), { success: true });
    assert.ok(requests[0].url.endsWith('//client'));
  });

  test('arguments reach a function and come back as they were', async () => {
    const { sdk } = await anonymousClient(server);
    const args = { text: '试用 😀 \ud83d &=%+', big: 1e21, tiny: 5e-324, deep: [{ a: [null, true] }], z: 1, a: 2, '': 0 };
    const { success, result, requestId } = await sdk.function.invoke('echo', args);
    assert.equal(success, true);
    assert.equal(JSON.stringify(result), JSON.stringify(args));
    assert.match(requestId, /./);
    assert.deepEqual((await sdk.function.invoke('echo')).result, {});
  });

  test('a function knows the request, the space and its caller', async () => {
    const { sdk } = clientFor(server);
    await sdk.init();
    const { result, requestId } = await sdk.function.invoke('about');
    assert.equal(result.requestId, requestId);
    assert.equal(result.env.MP_SPACE_ID, server.ready.space_id);
    assert.equal(result.env.MP_SOURCE, 'client');
    assert.equal(result.env.MP_APP_ID, server.ready.app_id);
    assert.equal(result.env.MP_CLIENT_IP, '127.0.0.1');
  });

  const values = {
    nothing: null,
    none: null,
    no: false,
    empty: '',
    zero: 0,
    list: [1, [2]],
    text: '试用 😀 \ud83d',
    date: '1970-01-01T00:00:00.000Z',
    holes: { keep: 1, nan: null },
    order: { z: 1, a: 2 },
    own: 'mine',
  };
  test('results are what JSON makes of them', async () => {
    const { sdk } = await anonymousClient(server);
    for (const [name, value] of Object.entries(values)) {
      const { result } = await sdk.function.invoke('values', { name });
      assert.equal(JSON.stringify(result), JSON.stringify(value), name);
    }
  });

  /** The plain object with which a call was rejected. */
  async function refusal(promise) {
    const reason = await promise.then(
      (value) => assert.fail(`resolved with ${JSON.stringify(value)}`),
      (caught) => caught,
    );
    assert.deepEqual(Object.keys(reason).sort(), ['code', 'message'], JSON.stringify(reason));
    assert.ok(!JSON.stringify(reason).includes(server.dir), 'no server paths');
    return reason;
  }

  const errors = [
    ['an error', { message: '余额不足' }, '余额不足'],
    ['an error with a number as code', { message: 'no', code: 4001 }, '4001:no'],
    ['an error that imitates an expired token', { message: 'x', code: 'GATEWAY_INVALID_TOKEN' }, 'GATEWAY_INVALID_TOKEN:x'],
  ];
  for (const [what, args, message] of errors) {
    test(`a function that throws ${what}`, async () => {
      const { sdk, requests } = await anonymousClient(server);
      assert.deepEqual(await refusal(sdk.function.invoke('throws', args)), { code: 'FunctionBizError', message });
      assert.equal(requests.length, 2, 'no second authorisation');
    });
  }

  const unusable = [
    ['cyclic', /./],
    ['broken', /./],
    ['lost', /^MODULE_NOT_FOUND:Cannot find module .*not-here/],
    ['unmarked', /module\.exports/],
  ];
  for (const [name, message] of unusable) {
    test(`the function "${name}" fails by itself`, async () => {
      const { sdk } = await anonymousClient(server);
      const reason = await refusal(sdk.function.invoke(name));
      assert.equal(reason.code, 'FunctionBizError');
      assert.match(reason.message, message);
    });
  }

  test('a function may be exported as default, and call others as its caller', async () => {
    const { sdk } = await anonymousClient(server);
    assert.equal((await sdk.function.invoke('defaulted')).result, 'by default');
    const me = (await sdk.user.getInfo()).result.user.userId;
    const { result } = await sdk.function.invoke('nested');
    assert.equal(result.name, 'a file beside index.js');
    assert.equal(result.source, 'function');
    assert.equal(result.success, true);
    assert.equal(result.user.user.userId, me);
    assert.deepEqual((await sdk.function.invoke('aliases')).result, [true, 'function']);
  });

  test('a function that is not there is refused by name', async () => {
    const { sdk } = await anonymousClient(server);
    assert.match((await refusal(sdk.function.invoke('nowhere'))).message, /nowhere/);
  });

  const unserved = {
    'serverless.db.default.execute': (sdk) => sdk.db.collection('people').find({}),
    'serverless.file.resource.delete': (sdk) => sdk.file.deleteFile('https://file.example/x'),
    'serverless.redis.cli': (sdk) => sdk.network.forward('serverless.redis.cli', {}),
    'example.no.such.method': (sdk) => sdk.network.forward('example.no.such.method', { a: 1 }),
  };
  for (const [method, call] of Object.entries(unserved)) {
    test(`${method} is refused after one request`, async () => {
      const { sdk, requests } = await anonymousClient(server);
      const reason = await refusal(call(sdk));
      assert.equal(reason.code, 'MethodNotSupported');
      assert.ok(reason.message.includes(method), reason.message);
      assert.equal(requests.length, 2);
    });
  }

  test('a cloud call that is not served is refused', async () => {
    const { sdk } = await anonymousClient(server);
    const args = { method: 'alipay.trade.create', params: { $config: {} } };
    const outcome = await sdk.function.invoke('alipay-openapi', args).catch((reason) => reason);
    assert.notEqual(outcome.result?.code, '10000');
    assert.match(JSON.stringify(outcome), /alipay\.trade\.create/);
  });

  test('a wrong client secret is SignatureNotMatch, and the right signature is not given away', async () => {
    const { sdk, requests } = clientFor(server, { clientSecret: 'not the secret' });
    await assert.rejects(sdk.init({ authorType: 'anonymous' }), (reason) => {
      assert.equal(reason.error.code, 'SignatureNotMatch');
      assert.ok(reason.error.message);
      return true;
    });
    const { body, answer } = requests[0];
    assert.ok(!JSON.stringify(answer).includes(hmacMd5(body, server.ready.client_secret)));
    assert.ok(!JSON.stringify(answer).includes(server.ready.client_secret));
  });

  test('an unknown space is refused', async () => {
    const { sdk } = clientFor(server, { spaceId: '00000000-0000-4000-8000-000000000000' });
    await assert.rejects(sdk.init({ authorType: 'anonymous' }), (reason) => {
      assert.equal(reason.error.code, 'InvalidSpaceId.NotFound');
      return true;
    });
  });
});

describe('/client without an SDK', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const getInfo = 'serverless.auth.user.getProfileInfo';

  test('every reply is HTTP 200 with a lower-case request-id, and never has error: null', async () => {
    const good = await clientCall(server, getInfo, {}, { token: await anonymousToken(server) });
    const bad = await post(`${server.endpoint}/client`, 'this is not JSON');
    assert.equal(good.envelope.success, true);
    assert.ok(!('error' in good.envelope));
    assert.equal(bad.envelope.error.code, 'InvalidBody.Format');
    for (const reply of [good, bad]) {
      assert.equal(reply.status, 200);
      assert.ok(reply.headers.get('request-id'));
    }
  });

  test('any change to what was signed is refused', async () => {
    const token = await anonymousToken(server);
    const body = callBody(server, 'serverless.function.runtime.invoke', '{"functionTarget":"echo"}', { token });
    const sign = hmacMd5(body, server.ready.client_secret);
    const url = `${server.endpoint}/client`;
    assert.equal((await post(url, body, sign)).envelope.success, true);
    for (const change of [
      { params: '{"functionTarget": "echo"}' },
      { method: getInfo },
      { timestamp: body.timestamp + 1 },
      { token: await anonymousToken(server) },
    ]) {
      const { envelope } = await post(url, { ...body, ...change }, sign);
      assert.equal(envelope.error?.code, 'SignatureNotMatch', JSON.stringify(change));
    }
    for (const wrong of [undefined, '', `${sign}0`, sign.slice(1)]) {
      assert.equal((await post(url, body, wrong)).envelope.error.code, 'SignatureNotMatch');
    }
  });

  test('params are verified over the text that was sent, however it was written', async () => {
    const token = await anonymousToken(server);
    const params = '{ "functionArgs" : {"a":1e+2, "b":"\\u8bd5\\ud83d", "c":-0} ,"functionTarget":"echo" }';
    const { envelope } = await clientCall(server, 'serverless.function.runtime.invoke', params, { token });
    assert.equal(JSON.stringify(envelope.data), JSON.stringify({ a: 100, b: '试\ud83d', c: 0 }));
  });

  test('the keys of the two doors are not exchangeable', async () => {
    const body = callBody(server, 'serverless.function.runtime.invoke', '{"functionTarget":"echo"}');
    const byRsa = rsaMd5(body, server.key('server_private_key'));
    const byHmac = hmacMd5(body, server.ready.client_secret);
    assert.equal((await post(`${server.endpoint}/server`, body, byRsa)).envelope.success, true);
    assert.equal((await post(`${server.endpoint}/server`, body, byHmac)).envelope.error.code, 'SignatureNotMatch');
    assert.equal((await post(`${server.endpoint}/client`, body, byRsa)).envelope.error.code, 'SignatureNotMatch');
  });

  test('a call without a session, or with an unknown token, is told so by one of the two codes', async () => {
    for (const more of [{}, { token: 'no-such-token' }]) {
      const { envelope } = await clientCall(server, getInfo, {}, more);
      assert.match(envelope.error.code, /^(GATEWAY_INVALID_TOKEN|InvalidParameter\.InvalidToken)$/);
    }
  });

  test('a userId in the body selects nobody on /client', async () => {
    const token = await anonymousToken(server);
    const mine = (await clientCall(server, getInfo, {}, { token })).envelope.data.user.userId;
    const { envelope } = await clientCall(server, getInfo, {}, { token, userId: 'somebody-else' });
    if (envelope.success) assert.equal(envelope.data.user.userId, mine);
    else assert.ok(envelope.error.code);
  });
});
