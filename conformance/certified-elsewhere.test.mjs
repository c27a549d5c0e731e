// An application that another gateway certifies: one certifyd calls another as it would call the hosted gateway. The
// same SDKs, functions and pages; then every fault of the gateway, with a SIGKILL between.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AlipaySdk } from 'alipay-sdk';
import { startConfigured } from './lib/configured.mjs';
import { anonymousClient } from './lib/mini-program.mjs';
import { INITIALIZE, QUERY, V3_INITIALIZE, V3_QUERY, keyFile, keyText, snake } from './lib/openapi.mjs';
import { CERTIFY_ID, UNKNOWN_ID, order } from './lib/orders.mjs';
import { EXAMPLE } from './lib/server.mjs';

process.env.TZ = 'Asia/Shanghai';

const APP = '2021000000000001';
const SPACE = { id: 'space-certified-elsewhere', client_secret: 'c2VjcmV0LW9mLXRoZS1zcGFjZQ==' };
const ATTEMPT_SECONDS = 1;

/** The gateway elsewhere: a certifyd that certifies by itself. */
const startHosted = (more = {}) =>
  startConfigured({
    gateway: { private_key: keyFile('alipay_private_pkcs8.pem'), ...more.gateway },
    apps: [{ id: APP, ...(more.app ?? { public_key: keyFile('app_public.pem') }) }],
  });

/** What the server in front is configured with; its own gateway key is another one. */
async function frontTables(folder, gateway, more = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = join(folder, 'front_private.pem');
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await cp(join(EXAMPLE, 'functions'), join(folder, 'functions'), { recursive: true });
  await cp(join(EXAMPLE, 'functions', 'init'), join(folder, 'functions', 'generic'), { recursive: true });
  await writeFile(join(folder, 'functions', 'generic', 'index.js'), GENERIC);
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    tables: {
      gateway: { private_key: key },
      apps: [{
        id: APP,
        public_key: keyFile('app_public.pem'),
        certifier: 'alipay',
        upstream: {
          gateway,
          private_key: keyFile('app_private_pkcs1.pem'),
          alipay_public_key: keyFile('alipay_public.pem'),
          timeout_seconds: ATTEMPT_SECONDS,
          allow: ['certifyd.certification.status'],
          ...more.upstream,
        },
      }],
      spaces: [{ ...SPACE, app: APP, functions: join(folder, 'functions') }],
    },
  };
}

const GENERIC = `module.exports = async (ctx) => {
  const [namespace, service, name, ...args] = ctx.args.call;
  return ctx.cloud[namespace][service][name](...args);
};`;

const sdkOf = (server, alipayPublicKey) =>
  new AlipaySdk({
    appId: APP,
    privateKey: keyText('app_private_pkcs1.pem'),
    alipayPublicKey,
    gateway: server.gateway,
    endpoint: server.endpoint,
    timeout: 30_000,
  });
const exec = (sdk, method, bizContent) => sdk.exec(method, { bizContent }, { validateSign: true });

async function choose(hosted, id, outcome) {
  const answer = await fetch(`${hosted.endpoint}/test/certifications/${id}`, {
    method: 'POST',
    body: JSON.stringify({ outcome }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

const modes = {
  'key mode': { hosted: {}, upstream: {} },
  'certificate mode': {
    hosted: {
      gateway: { certificate: keyFile('alipay_cert.crt'), root_certificates: keyFile('alipay_root_bundle.crt') },
      app: { certificate: keyFile('app_cert.crt') },
    },
    upstream: {
      alipay_public_key: undefined,
      app_certificate: keyFile('app_cert.crt'),
      alipay_certificate: keyFile('alipay_cert.crt'),
      root_certificates: keyFile('alipay_root_bundle.crt'),
    },
  },
  'encrypted contents': {
    hosted: { app: { public_key: keyFile('app_public.pem'), encrypt_key: keyFile('aes_key.txt') } },
    upstream: { encrypt_key: keyFile('aes_key.txt') },
  },
};

for (const [mode, { hosted: theirs, upstream }] of Object.entries(modes)) {
  describe(`certified elsewhere, ${mode}`, { concurrency: true }, () => {
    let folder;
    let hosted;
    let front;
    let publicKey;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'certifyd-front-'));
      hosted = await startHosted(theirs);
      const made = await frontTables(folder, hosted.gateway, { upstream });
      ({ publicKey } = made);
      front = await startConfigured(made.tables);
      front.ready = { app_id: APP, space_id: SPACE.id, client_secret: SPACE.client_secret };
    });
    after(async () => {
      await front?.stop();
      await hosted?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    test('npm alipay-sdk: open, open again, the page, passed', async () => {
      const sdk = sdkOf(front, publicKey);
      const content = order();
      const opened = await exec(sdk, INITIALIZE, content);
      assert.equal(opened.code, '10000', JSON.stringify(opened));
      assert.match(opened.certifyId, CERTIFY_ID);
      assert.equal((await exec(sdk, INITIALIZE, content)).certifyId, opened.certifyId);
      assert.equal((await exec(sdk, QUERY, { certifyId: opened.certifyId })).passed, 'F');

      const page = sdk.pageExecute('alipay.user.certify.open.certify', 'GET', { bizContent: { certify_id: opened.certifyId } });
      const elsewhere = await fetch(page, { redirect: 'manual' });
      assert.equal(elsewhere.status, 303);
      assert.ok(elsewhere.headers.get('location').startsWith(`${hosted.gateway}?`), elsewhere.headers.get('location'));
      const landed = await fetch(elsewhere.headers.get('location'));
      assert.equal(landed.status, 200);
      assert.ok(landed.url.startsWith(`${hosted.endpoint}/verify/`), landed.url);

      await choose(hosted, opened.certifyId, 'passed');
      assert.equal((await exec(sdk, QUERY, { certifyId: opened.certifyId })).passed, 'T');
    });

    test('npm alipay-sdk, version 3', async () => {
      const sdk = sdkOf(front, publicKey);
      const opened = await sdk.curl('POST', V3_INITIALIZE, { body: snake(order()) });
      assert.match(opened.data.certify_id, CERTIFY_ID);
      const found = await sdk.curl('GET', V3_QUERY, { query: { certify_id: opened.data.certify_id } });
      assert.equal(found.data.passed, 'F');
      await assert.rejects(sdk.curl('GET', V3_QUERY, { query: { certify_id: UNKNOWN_ID } }), (error) => {
        assert.equal(error.code, 'OPEN_CERTIFY_BILL_NOT_EXIST');
        return true;
      });
    });

    test('the functions of the example run unchanged', async () => {
      const { sdk } = await anonymousClient(front);
      const call = async (name, args) => (await sdk.function.invoke(name, args)).result;
      const opened = await call('init');
      assert.equal(opened.code, '10000', JSON.stringify(opened));
      assert.equal(opened.certifyId, opened.certify_id);
      const { certifyId } = opened;
      const { body } = await call('certify', { certifyId });
      assert.ok((await (await fetch(body)).text()).includes('TEST'));
      await choose(hosted, certifyId, 'failed');
      assert.equal((await call('query', { certifyId })).passed, 'F');
      const unknown = await call('query', { certifyId: UNKNOWN_ID });
      assert.equal(unknown.subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    });

    test('users are known there, listed methods go through, others do not', async () => {
      const { sdk } = await anonymousClient(front);
      const call = async (...args) => (await sdk.function.invoke('generic', { call: args })).result;
      const tokens = await call('base', 'oauth', 'getToken', { code: 'code-1' });
      assert.match(tokens.userId, /^2088\d{12}$/);
      assert.equal(tokens.user_id, tokens.userId);
      assert.equal((await call('base', 'oauth', 'refreshToken', tokens.refreshToken)).userId, tokens.userId);

      const { certifyId } = (await sdk.function.invoke('init')).result;
      const status = await call('util', 'generic', 'execute', 'certifyd.certification.status', { certifyId });
      assert.equal(status.subCode, 'isv.invalid-method');
      await assert.rejects(call('payment', 'common', 'create', { subject: 's' }), (error) => {
        assert.match(error.message, /alipay\.trade\.create is not served here/);
        return true;
      });
    });
  });
}

/** A proxy before the gateway elsewhere that fails on command. It counts what reaches the gateway. */
class Proxy {
  constructor(target) {
    this.target = new URL(target);
    this.fault = undefined;
    this.forwarded = 0;
    this.server = createServer((incoming, outgoing) => this.#serve(incoming, outgoing));
  }

  async listen() {
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${this.server.address().port}/gateway.do`;
  }

  async #serve(incoming, outgoing) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const fault = this.fault;
    this.fault = undefined;
    if (fault?.before) return fault.before(outgoing);
    this.forwarded += 1;
    const forward = request(
      { host: this.target.hostname, port: this.target.port, path: incoming.url, method: incoming.method,
        headers: { 'content-type': incoming.headers['content-type'] } },
      async (answer) => {
        const body = [];
        for await (const chunk of answer) body.push(chunk);
        const text = Buffer.concat(body).toString();
        if (fault?.after) return fault.after(outgoing, text);
        outgoing.writeHead(answer.statusCode, answer.headers).end(text);
      },
    );
    return forward.end(Buffer.concat(chunks));
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const answer = (text, status = 200) => (outgoing) => outgoing.writeHead(status, { 'content-type': 'text/html' }).end(text);
const silence = () => {};

/** The faults: what the gateway elsewhere does, and whether it may have carried the call out. */
const faults = {
  'is silent': { before: silence },
  'accepts and is silent': { after: silence },
  'accepts and cuts the connection': { after: (outgoing) => outgoing.destroy() },
  'accepts and ends in the middle of the answer': {
    after: (outgoing, text) => {
      outgoing.writeHead(200, { 'content-length': text.length });
      outgoing.write(text.slice(0, 40));
      setImmediate(() => outgoing.destroy());
    },
  },
  'answers 500': { before: answer('<html>', 500) },
  'accepts and answers 502': { after: answer('<html>', 502) },
  'answers what is no JSON': { before: answer('<html>Maintenance</html>') },
  'accepts and changes the answer': { after: (outgoing, text) => answer(text.replace('"Success"', '"success"'))(outgoing) },
  'accepts and leaves the signature out': {
    after: (outgoing, text) => answer(text.replace(/,"sign":"[^"]*"/, ''))(outgoing),
  },
  'is busy': { before: answer('{"error_response":{"code":"20000","msg":"Service Currently Unavailable","sub_code":"isp.unknow-error"}}') },
};

describe('faults of the gateway elsewhere', () => {
  let folder;
  let hosted;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certifyd-front-'));
    hosted = await startHosted();
  });
  after(async () => {
    await hosted?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function behindProxy(t) {
    const proxy = new Proxy(hosted.endpoint);
    const own = await mkdtemp(join(folder, 'one-'));
    const { publicKey, tables } = await frontTables(own, await proxy.listen());
    const front = await startConfigured(tables);
    t.after(async () => {
      proxy.stop();
      await front.stop();
    });
    return { proxy, front, tables, sdk: () => sdkOf(front, publicKey) };
  }

  describe('each fault', { concurrency: 4 }, () => {
    for (const [name, fault] of Object.entries(faults)) {
      test(`${name}: a clear error, and one certification after all`, async (t) => {
        const { proxy, sdk } = await behindProxy(t);
        const content = order();
        proxy.fault = fault;
        const refused = await exec(sdk(), INITIALIZE, content);
        assert.equal(refused.code, '20000');
        assert.equal(refused.subCode, 'isp.unknow-error');
        assert.match(refused.subMsg, /repeat the same call with the same outer_order_no/);
        const reached = proxy.forwarded;
        assert.ok(reached <= 1, `${reached} calls for one`);

        const other = await exec(sdk(), INITIALIZE, { ...content, bizCode: 'SMART_FACE' });
        assert.equal(other.subCode, 'ILLEGAL_ARGUMENT_FORMAT');
        const opened = await exec(sdk(), INITIALIZE, content);
        assert.match(opened.certifyId, CERTIFY_ID);
        assert.equal((await exec(sdk(), INITIALIZE, content)).certifyId, opened.certifyId);
        // Asked directly, the gateway elsewhere knows the order by the same id: there is no second.
        const theirs = await exec(sdkOf(hosted, keyText('alipay_public.pem')), INITIALIZE, content);
        assert.equal(theirs.certifyId, opened.certifyId);
        assert.equal(proxy.forwarded, reached + 1);
        t.diagnostic(`calls that reached it: ${reached} + 1 to reconcile; certifications: 1; error: 20000 isp.unknow-error`);

        // A query is asked again by itself.
        proxy.fault = fault;
        const found = await exec(sdk(), QUERY, { certifyId: opened.certifyId });
        assert.ok(found.passed === 'F' || found.subCode === 'isp.unknow-error', JSON.stringify(found));
      });
    }
  });

  test('killed between acceptance and answer: the order is reconciled after the restart', async (t) => {
    const { proxy, front, tables, sdk } = await behindProxy(t);
    const content = order();
    const killed = new Promise((done) => {
      proxy.fault = { after: () => done(front.kill()) };
    });
    await assert.rejects(exec(sdk(), INITIALIZE, content));
    await killed;
    await front.start(tables);
    const deadline = Date.now() + 20_000;
    let opened;
    do {
      opened = await exec(sdk(), INITIALIZE, content);
      if (opened.code !== '10000') {
        assert.equal(opened.subCode, 'isp.unknow-error');
        await new Promise((done) => setTimeout(done, 200));
      }
    } while (opened.code !== '10000' && Date.now() < deadline);
    assert.match(opened.certifyId, CERTIFY_ID);
    const theirs = await exec(sdkOf(hosted, keyText('alipay_public.pem')), INITIALIZE, content);
    assert.equal(theirs.certifyId, opened.certifyId);
    assert.equal(proxy.forwarded, 2);
  });

  test('no connection: nothing was sent, and it says so', async (t) => {
    const { proxy, sdk } = await behindProxy(t);
    proxy.stop();
    const refused = await exec(sdk(), INITIALIZE, order());
    assert.equal(refused.subCode, 'isp.unknow-error');
    assert.match(refused.subMsg, /nothing reached the hosted gateway/);
  });
});
