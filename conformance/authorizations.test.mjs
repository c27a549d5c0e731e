// npm alipay-sdk 4.14.0 as an application that acts for merchants: the merchant's page, tokens, refresh, withdrawal.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AlipaySdk } from 'alipay-sdk';
import { startConfigured } from './lib/configured.mjs';
import { anonymousClient } from './lib/mini-program.mjs';
import { INITIALIZE, QUERY, keyFile, keyText } from './lib/openapi.mjs';
import { CERTIFY_ID, order } from './lib/orders.mjs';

// The SDK writes the machine's local time.
process.env.TZ = 'Asia/Shanghai';

const AGENCY = '2021000000000001';
const RIVAL = '2021000000000002';
const MERCHANT = '2021000000000003';
const NEIGHBOUR = '2021000000000004';
const FUNCTIONS_MERCHANT = '2021000000000005';
const OAUTH_MERCHANT = '2021000000000006';
const CALLBACK = 'https://isv.example.com/callback';
const SPACE = { id: 'space-of-the-agency', client_secret: 'c2VjcmV0LW9mLXRoZS1zcGFjZQ==' };

const EXCHANGE = 'alipay.open.auth.token.app';
const ABOUT = 'alipay.open.auth.token.app.query';

// Whatever OpenAPI method the page names, by the way that takes any.
const GENERIC = `module.exports = async (ctx) =>
  ctx.cloud.util.generic.execute(ctx.args.method, ctx.args.params, ctx.args.options);`;

const OAUTH = 'module.exports = async (ctx) => ctx.cloud.base.oauth[ctx.args.name](...ctx.args.args);';

describe('authorizations', { concurrency: true }, () => {
  let folder;
  let server;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certifyd-functions-'));
    await mkdir(join(folder, 'generic'));
    await writeFile(join(folder, 'generic', 'index.js'), GENERIC);
    await mkdir(join(folder, 'oauth'));
    await writeFile(join(folder, 'oauth', 'index.js'), OAUTH);
    const app = (id, more) => ({ id, public_key: keyFile('app_public.pem'), ...more });
    server = await startConfigured({
      gateway: { private_key: keyFile('alipay_private_pkcs8.pem') },
      apps: [
        app(AGENCY, { isv: true, authorize_redirects: [CALLBACK] }),
        app(RIVAL, { isv: true }),
        app(MERCHANT, { name: 'Merchant' }),
        app(NEIGHBOUR, { name: 'Neighbour' }),
        app(FUNCTIONS_MERCHANT),
        app(OAUTH_MERCHANT),
      ],
      spaces: [{ ...SPACE, app: AGENCY, functions: folder }],
    });
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const sdkOf = (appId) =>
    new AlipaySdk({
      appId,
      privateKey: keyText('app_private_pkcs1.pem'),
      alipayPublicKey: keyText('alipay_public.pem'),
      gateway: server.gateway,
      endpoint: server.endpoint,
      timeout: 30_000,
    });
  const exec = (appId, method, bizContent, more) =>
    sdkOf(appId).exec(method, { bizContent, ...more }, { validateSign: true });

  /** The merchant agrees on the page; tells where the browser is sent. */
  async function agreed(merchant, { isv = AGENCY, redirect = CALLBACK, state } = {}) {
    const query = new URLSearchParams({ app_id: isv, redirect_uri: redirect, ...(state && { state }) });
    const page = `${server.endpoint}/oauth2/appToAppAuth.htm?${query}`;
    assert.match(await (await fetch(page)).text(), /TEST/);
    const body = new URLSearchParams({ merchant, do: 'agree' });
    const answer = await fetch(page, { method: 'POST', body, redirect: 'manual' });
    assert.equal(answer.status, 303);
    return new URL(answer.headers.get('location'));
  }

  const codeOf = async (merchant, more) => (await agreed(merchant, more)).searchParams.get('app_auth_code');
  const byCode = (code) => ({ grant_type: 'authorization_code', code });
  const tokensOf = async (merchant, more) => exec(more?.isv ?? AGENCY, EXCHANGE, byCode(await codeOf(merchant, more)));

  test('a merchant agrees, the code is exchanged, and it certifies in the name of the merchant', async () => {
    const sent = await agreed(NEIGHBOUR, { state: 'a b&c=甲' });
    assert.equal(sent.origin + sent.pathname, CALLBACK);
    assert.equal(sent.searchParams.get('app_id'), AGENCY);
    assert.equal(sent.searchParams.get('state'), 'a b&c=甲');
    assert.equal(sent.searchParams.get('source'), 'alipay_app_auth');

    const code = sent.searchParams.get('app_auth_code');
    const given = await exec(AGENCY, EXCHANGE, byCode(code));
    assert.equal(given.code, '10000');
    assert.match(given.appAuthToken, /^\d{6}BB[0-9a-f]{32}$/);
    assert.equal(given.authAppId, NEIGHBOUR);
    assert.match(given.userId, /^2088\d{12}$/);
    assert.equal(given.expiresIn, '31536000');
    assert.equal(given.reExpiresIn, '32140800');
    assert.equal(given.tokens.length, 1);
    assert.equal((await exec(AGENCY, EXCHANGE, byCode(code))).subCode, 'AUTH_CODE_NOT_VALID');

    const { appAuthToken } = given;
    const opened = await exec(AGENCY, INITIALIZE, order(), { appAuthToken });
    assert.match(opened.certifyId, CERTIFY_ID);
    const { certifyId } = opened;
    assert.equal((await exec(NEIGHBOUR, QUERY, { certifyId })).passed, 'F');
    await server.outcome(certifyId, 'passed');
    assert.equal((await exec(AGENCY, QUERY, { certifyId }, { appAuthToken })).passed, 'T');
    assert.equal((await exec(MERCHANT, QUERY, { certifyId })).subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');

    const about = await exec(AGENCY, ABOUT, { app_auth_token: appAuthToken });
    assert.equal(about.status, 'valid');
    assert.equal(about.authAppId, NEIGHBOUR);
    assert.strictEqual(about.expiresIn, 31_536_000);
    assert.ok(about.authMethods.includes(INITIALIZE));
    assert.strictEqual(about.isByAppAuth, true);
    assert.match(about.authStart, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  test('refreshing once, and a second agreement, end what was before', async () => {
    const first = await tokensOf(MERCHANT);
    const byRefresh = { grant_type: 'refresh_token', refresh_token: first.appRefreshToken };
    const second = await exec(AGENCY, EXCHANGE, byRefresh);
    assert.equal(second.code, '10000');
    assert.equal((await exec(AGENCY, EXCHANGE, byRefresh)).subCode, 'REFRESH_TOKEN_NOT_VALID');
    const ask = ({ appAuthToken }) => exec(AGENCY, QUERY, { certifyId: '0' }, { appAuthToken });
    for (const tokens of [first, second]) assert.equal((await ask(tokens)).subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    const third = await tokensOf(MERCHANT);
    for (const tokens of [first, second]) assert.equal((await ask(tokens)).subCode, 'aop.invalid-app-auth-token');
    assert.equal((await ask(third)).subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    assert.equal((await exec(AGENCY, ABOUT, { app_auth_token: first.appAuthToken })).status, 'invalid');
  });

  test('nobody else can use the code or the token, and without one there is no call', async () => {
    const redirect = 'http://localhost:3000/back?shop=7';
    const code = await codeOf(MERCHANT, { isv: RIVAL, redirect });
    assert.equal((await exec(AGENCY, EXCHANGE, byCode(code))).subCode, 'APP_ID_NOT_CONSISTENT');
    const { appAuthToken } = await exec(RIVAL, EXCHANGE, byCode(code));
    const foreign = await exec(AGENCY, QUERY, { certifyId: '0' }, { appAuthToken });
    assert.equal(foreign.subCode, 'aop.invalid-app-auth-token');
    assert.equal((await exec(AGENCY, ABOUT, { app_auth_token: appAuthToken })).subCode, 'AUTH_TOKEN_NOT_CONSISTENT');
    const alone = await exec(RIVAL, INITIALIZE, order());
    assert.equal(alone.code, '40006');
    assert.equal(alone.subCode, 'isv.self-invoke-forbidden');
    assert.equal((await exec(MERCHANT, EXCHANGE, byCode(code))).subCode, 'APP_NOT_ISV');
  });

  test('the newer protocol exchanges too', async () => {
    const code = await codeOf(NEIGHBOUR, { isv: RIVAL, redirect: 'http://127.0.0.1:3000/' });
    const path = '/v3/alipay/open/auth/token/app';
    const { data, responseHttpStatus } = await sdkOf(RIVAL).curl('POST', path, { body: byCode(code) });
    assert.equal(responseHttpStatus, 200);
    const about = await sdkOf(RIVAL).curl('POST', `${path}/query`, { body: { app_auth_token: data.app_auth_token } });
    assert.equal(about.data.status, 'valid');
    await assert.rejects(sdkOf(RIVAL).curl('POST', path, { body: byCode(code) }), /AUTH_CODE_NOT_VALID|授权码无效/);
  });

  test('cloud.base.oauth exchanges and refreshes, in both forms of its calls', async () => {
    const ready = { app_id: AGENCY, space_id: SPACE.id, client_secret: SPACE.client_secret };
    const { sdk } = await anonymousClient({ endpoint: server.endpoint, ready });
    const call = async (name, ...args) => (await sdk.function.invoke('oauth', { name, args })).result;
    const given = await call('getAppToken', await codeOf(OAUTH_MERCHANT, { redirect: `${CALLBACK}?own=1` }));
    assert.equal(given.code, '10000', JSON.stringify(given));
    assert.equal(given.authAppId, OAUTH_MERCHANT);
    const next = await call('refreshAppToken', { refreshToken: given.appRefreshToken });
    assert.equal(next.code, '10000', JSON.stringify(next));
    assert.notEqual(next.appAuthToken, given.appAuthToken);
    assert.equal((await call('refreshAppToken', given.appRefreshToken)).subCode, 'REFRESH_TOKEN_NOT_VALID');
    assert.match((await call('getToken', 'auth-code-1')).userId, /^2088\d{12}$/);
  });

  test('a cloud function exchanges and asks, in both places for the token', async () => {
    const ready = { app_id: AGENCY, space_id: SPACE.id, client_secret: SPACE.client_secret };
    const { sdk } = await anonymousClient({ endpoint: server.endpoint, ready });
    const call = async (method, params, options) =>
      (await sdk.function.invoke('generic', { method, params, options })).result;
    const given = await call(EXCHANGE, byCode(await codeOf(FUNCTIONS_MERCHANT)));
    assert.equal(given.code, '10000');
    assert.equal(given.appAuthToken, given.app_auth_token);
    for (const params of [{ app_auth_token: given.appAuthToken }, { appAuthToken: given.appAuthToken }]) {
      const about = await call(ABOUT, params);
      assert.equal(about.status, 'valid');
      assert.equal(about.auth_app_id, FUNCTIONS_MERCHANT);
    }
    assert.equal((await call(INITIALIZE, order())).sub_code, 'isv.self-invoke-forbidden');
    const opened = await call(INITIALIZE, order(), { appAuthToken: given.appAuthToken });
    assert.match(opened.certifyId, CERTIFY_ID);
  });
});
