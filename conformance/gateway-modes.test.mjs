// npm alipay-sdk 4.14.0 and 3.6.1 in every mode of the gateway: key, certificate, AES, both versions of the protocol.
// One block per feature, each with a server of its own.

import assert from 'node:assert/strict';
import { X509Certificate, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AlipaySdk } from 'alipay-sdk';
import AlipaySdk3 from 'alipay-sdk-3';
import { startConfigured } from './lib/configured.mjs';
import {
  CERTIFY, DOWNLOAD, INITIALIZE, QUERY, V3_INITIALIZE, V3_QUERY,
  aesKey, byGateway, chinaTime, decrypt, decryptV2, encrypt, encryptV2, form, keyFile, keyText, postV2, readV2,
  signedV2, signedV3, snake, takeApart, utcTime, v3ByGateway,
} from './lib/openapi.mjs';
import { CERTIFY_ID, UNKNOWN_ID, order } from './lib/orders.mjs';
import { recorderFor, resend } from './lib/recorder.mjs';

// The SDKs write the machine's local time; what another zone does is tested on purpose below.
process.env.TZ = 'Asia/Shanghai';

const KEY_APP = '2021000000000001';
const CERT_APP = '2021000000000002';
const MERCHANT = '2021000000000003';
const TOKEN = '202611BBconformanceconformanceconform01';

const NAME = '钱不回显';
const NUMBER = '110000199003070087';

const versions = { '4.14': AlipaySdk, '3.6': AlipaySdk3 };

const keyApp = (more) => ({ id: KEY_APP, name: 'Key Shop', public_key: keyFile('app_public.pem'), ...more });
const certApp = (more) => ({ id: CERT_APP, name: 'Certificate Shop', certificate: keyFile('app_cert.crt'), ...more });
const keyGateway = (more) => ({ private_key: keyFile('alipay_private_pkcs8.pem'), ...more });
const certGateway = (more) =>
  keyGateway({ certificate: keyFile('alipay_cert.crt'), root_certificates: keyFile('alipay_root_bundle.crt'), ...more });
// A ciphertext under another key may by chance look well padded; this one, of this order, does not.
const OTHER_AES_KEY = Buffer.alloc(16, 7).toString('base64');
const FIXED_ORDER = 'conformanceforeignaeskey01';
const withKey = { encrypt_key: keyFile('aes_key.txt') };
const withoutKey = { id: MERCHANT, name: 'Without an AES key', public_key: keyFile('app_public.pem') };
const merchant = {
  apps: [{ id: MERCHANT, name: 'Merchant' }],
  authorizations: [{ isv_app: KEY_APP, app: MERCHANT, token: TOKEN }],
};

/** A server for the block this is called in; `tables` may be a function that prepares files first. */
function served(tables) {
  const block = {};
  before(async () => {
    block.server = await startConfigured(typeof tables === 'function' ? await tables() : tables);
  });
  after(() => block.server?.stop());
  return block;
}

const common = ({ endpoint, gateway }) => ({
  privateKey: keyText('app_private_pkcs1.pem'),
  gateway,
  endpoint,
  timeout: 30_000,
  encryptKey: aesKey(),
});

const keySdk = (at, Sdk = AlipaySdk, more = {}) =>
  new Sdk({ appId: KEY_APP, alipayPublicKey: keyText('alipay_public.pem'), ...common(at), ...more });

const certSdk = (at, Sdk = AlipaySdk, more = {}) =>
  new Sdk({
    appId: CERT_APP,
    appCertPath: keyFile('app_cert.crt'),
    alipayRootCertPath: keyFile('alipay_root_bundle.crt'),
    alipayPublicCertPath: keyFile('alipay_cert.crt'),
    ...common(at),
    ...more,
  });

const exec = (sdk, method, bizContent, more) => sdk.exec(method, { bizContent, ...more }, { validateSign: true });
// Neither version can check the signature of an encrypted answer; the tests do it on the recorded bytes.
const execEncrypted = (sdk, method, bizContent, more) => sdk.exec(method, { bizContent, needEncrypt: true, ...more });

const personal = () => {
  const content = order();
  Object.assign(content.identityParam, { certName: NAME, certNo: NUMBER });
  return content;
};
const assertDiscreet = (text) => {
  for (const value of [NAME, NUMBER]) assert.ok(!text.includes(value), `${value} is in the answer`);
};

function assertRefused(answer, code, subCode) {
  assert.equal(answer.subCode, subCode, answer.subMsg);
  assert.equal(answer.code, code);
  assert.ok(!('certifyId' in answer));
}

/** The v2 answer that the recorder saw last, taken apart, its signature checked over the node as sent. */
function recordedV2(recorder, method) {
  const { status, headers, body } = recorder.last();
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/html;\s*charset=utf-8$/i);
  const answer = takeApart(body, method);
  assert.ok(byGateway(answer.node, answer.sign), 'the signature covers the node as sent');
  return answer;
}

/** initialize, certify and query by this client, `ask` being how it is asked. */
async function wholeCertification(server, sdk, ask, pageMore) {
  const opened = await ask(sdk, INITIALIZE, order());
  assert.equal(opened.code, '10000', opened.subMsg);
  assert.match(opened.certifyId, CERTIFY_ID);
  const { certifyId } = opened;

  const link = sdk.pageExec(CERTIFY, { method: 'GET', bizContent: { certify_id: certifyId }, ...pageMore });
  for (const visit of ['first', 'second']) {
    const page = await fetch(link);
    assert.equal(page.status, 200, visit);
    assert.match(await page.text(), /TEST/, visit);
  }

  assert.equal((await ask(sdk, QUERY, { certifyId })).passed, 'F');
  await server.outcome(certifyId, 'passed');
  const result = await ask(sdk, QUERY, { certifyId });
  assert.equal(result.code, '10000');
  assert.strictEqual(result.passed, 'T');
  assert.ok(!('subCode' in result));
}

/** The refusal that a v3 call ends in. */
async function refusalOf(call) {
  const error = await call.then(
    ({ data }) => assert.fail(`not refused: ${JSON.stringify(data)}`),
    (problem) => problem,
  );
  assert.equal(error.name, 'AlipayRequestError', error);
  assert.equal(typeof error.code, 'string', error);
  assert.ok(error.message);
  assert.ok(Array.isArray(error.links) && error.links.length > 0, 'links is a list');
  for (const { link, desc } of error.links) {
    assert.match(link, /^https?:\/\//);
    assert.ok(desc);
  }
  assert.ok(error.responseHttpHeaders['alipay-trace-id']);
  assert.match(error.responseHttpHeaders['content-type'], /^application\/json/);
  return error;
}

async function assertV3Refused(call, status, code) {
  const error = await refusalOf(call);
  assert.equal(error.code, code, error.message);
  assert.equal(error.responseHttpStatus, status);
  return error;
}

const initializeV3 = (sdk, content = order(), more) => sdk.curl('POST', V3_INITIALIZE, { body: snake(content), ...more });
const queryV3 = (sdk, certifyId, more) => sdk.curl('GET', V3_QUERY, { query: { certify_id: certifyId }, ...more });

/** A v3 request without an SDK. */
async function rawV3(server, target, request) {
  const response = await fetch(server.endpoint + target, request);
  const text = await response.text();
  return { status: response.status, header: (name) => response.headers.get(name), text, json: () => JSON.parse(text) };
}

async function wholeCertificationV3(server, sdk, more) {
  const opened = await initializeV3(sdk, order(), more);
  assert.equal(opened.responseHttpStatus, 200);
  const { certify_id: certifyId } = opened.data;
  assert.match(certifyId, CERTIFY_ID);
  assert.ok(!('code' in opened.data) && !('msg' in opened.data));

  const link = sdk.pageExec(CERTIFY, { method: 'GET', bizContent: { certify_id: certifyId } });
  assert.equal((await fetch(link)).status, 200, 'the page of a v3 certification is a v2 link');

  assert.equal((await queryV3(sdk, certifyId)).data.passed, 'F');
  await server.outcome(certifyId, 'passed');
  const { data } = await queryV3(sdk, certifyId);
  assert.strictEqual(data.passed, 'T');
  assert.ok(!('code' in data) && !('msg' in data));
}

describe('key mode', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });

  for (const [version, Sdk] of Object.entries(versions)) {
    const formats = { PKCS1: 'app_private_pkcs1.pem', PKCS8: 'app_private_pkcs8.pem' };
    for (const [keyType, file] of Object.entries(formats)) {
      test(`${version}: initialize, certify, query with a ${keyType} key`, async () => {
        const sdk = keySdk(block.server, Sdk, { keyType, privateKey: keyText(file) });
        await wholeCertification(block.server, sdk, exec);
      });
    }

    test(`${version}: the form for a page is a page too`, async () => {
      const sdk = keySdk(block.server, Sdk);
      const { certifyId } = await exec(sdk, INITIALIZE, order());
      const html = sdk.pageExec(CERTIFY, { method: 'POST', bizContent: { certify_id: certifyId } });
      const action = /action="([^"]+)"/.exec(html)[1];
      const fields = [...html.matchAll(/name="(\w+)" value="([^"]*)"/g)];
      const body = new URLSearchParams(fields.map(([, name, value]) => [name, value.replaceAll('&quot;', '"')]));
      const page = await fetch(action, { method: 'POST', body });
      assert.equal(page.status, 200);
      assert.match(await page.text(), /TEST/);
    });

    test(`${version}: an empty value that was signed`, async () => {
      const answer = await exec(keySdk(block.server, Sdk), INITIALIZE, order(), { notifyUrl: '' });
      assert.equal(answer.code, '10000', answer.subMsg);
    });

    test(`${version}: no answer names a certificate`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      assert.equal((await exec(keySdk(recorder, Sdk), INITIALIZE, order())).code, '10000');
      assert.equal(recordedV2(recorder, INITIALIZE).certSn, undefined);
      assert.ok(recorder.last().headers.trace_id);
    });
  }
});

describe('certificate mode', { concurrency: true }, () => {
  const block = served({ gateway: certGateway(), apps: [certApp(), keyApp()] });

  for (const [version, Sdk] of Object.entries(versions)) {
    test(`${version}: initialize, certify, query`, async () => {
      await wholeCertification(block.server, certSdk(block.server, Sdk), exec);
    });

    test(`${version}: the answer names the gateway's certificate`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const sdk = certSdk(recorder, Sdk);
      assert.equal((await exec(sdk, INITIALIZE, order())).code, '10000');
      assert.equal(recordedV2(recorder, INITIALIZE).certSn, sdk.config.alipayCertSn);
    });

    test(`${version}: a wrong app_cert_sn`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const sdk = certSdk(recorder, Sdk);
      sdk.config.appCertSn = 'f'.repeat(32);
      assertRefused(await exec(sdk, INITIALIZE, order()), '40002', 'isv.app-cert-not-exist');
      assert.equal(recordedV2(recorder, INITIALIZE).certSn, sdk.config.alipayCertSn, 'the refusal names it too');
    });

    test(`${version}: no app_cert_sn, and none in the answer`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const sdk = keySdk(recorder, Sdk, { appId: CERT_APP });
      assertRefused(await exec(sdk, INITIALIZE, order()), '40001', 'isv.missing-app-cert-sn');
      assert.equal(recordedV2(recorder, INITIALIZE).certSn, undefined);
    });

    test(`${version}: a wrong alipay_root_cert_sn`, async () => {
      const sdk = certSdk(block.server, Sdk);
      sdk.config.alipayRootCertSn = 'f'.repeat(32);
      assertRefused(await exec(sdk, INITIALIZE, order()), '40002', 'isv.invalid-alipay-root-cert-sn');
    });

    test(`${version}: no alipay_root_cert_sn`, async () => {
      const { appCertSn } = certSdk(block.server, Sdk).config;
      const sdk = keySdk(block.server, Sdk, { appId: CERT_APP });
      assertRefused(await exec(sdk, INITIALIZE, order(), { appCertSn }), '40001', 'isv.missing-alipay-root-cert-sn');
    });

    test(`${version}: an application in key mode at the same gateway`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      assert.equal((await exec(keySdk(recorder, Sdk), INITIALIZE, order())).code, '10000');
      assert.equal(recordedV2(recorder, INITIALIZE).certSn, undefined);
    });
  }
});

describe('certificate download', { concurrency: true }, () => {
  const certificate = (name) => keyText(name).trim();
  const pems = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
  let dir;
  // The chain as a certificate authority hands it out: the leaf first.
  const block = served(async () => {
    dir = await mkdtemp(join(tmpdir(), 'certifyd-chain-'));
    const chain = join(dir, 'chain.pem');
    await writeFile(chain, `${certificate('alipay_cert.crt')}\n${certificate('intermediate_cert.crt')}\n`);
    return { gateway: certGateway({ certificate: chain }), apps: [certApp()] };
  });
  after(() => dir && rm(dir, { recursive: true, force: true }));

  for (const [version, Sdk] of Object.entries(versions)) {
    test(`${version}: the gateway's certificates, leaf first`, async () => {
      const sdk = certSdk(block.server, Sdk);
      const { alipayCertSn } = sdk.config;
      const answer = await exec(sdk, DOWNLOAD, { alipayCertSn });
      assert.equal(answer.code, '10000', answer.subMsg);
      assert.match(answer.alipayCertContent, /^[A-Za-z0-9+/]+=*$/);
      const chain = Buffer.from(answer.alipayCertContent, 'base64').toString('ascii').match(pems);
      const [leaf, intermediate] = chain.map((pem) => new X509Certificate(pem));
      assert.equal(leaf.fingerprint256, new X509Certificate(certificate('alipay_cert.crt')).fingerprint256);
      assert.ok(leaf.verify(intermediate.publicKey));
      const roots = keyText('alipay_root_bundle.crt').match(pems).map((pem) => new X509Certificate(pem));
      const top = new X509Certificate(chain.at(-1));
      assert.ok(roots.some((root) => top.checkIssued(root)), 'the chain reaches a root of the bundle');
    });

    test(`${version}: a certificate that is not ours`, async () => {
      const answer = await exec(certSdk(block.server, Sdk), DOWNLOAD, { alipayCertSn: 'f'.repeat(32) });
      assert.notEqual(answer.code, '10000');
      assert.match(answer.subMsg, /alipay_cert_sn/);
      assert.ok(!('alipayCertContent' in answer));
    });
  }
});

describe('AES', { concurrency: true }, () => {
  const block = served({
    gateway: keyGateway(),
    apps: [keyApp(withKey), withoutKey],
  });

  for (const [version, Sdk] of Object.entries(versions)) {
    test(`${version}: initialize, certify, query`, async () => {
      await wholeCertification(block.server, keySdk(block.server, Sdk), execEncrypted, { needEncrypt: true });
    });

    test(`${version}: the signature covers the ciphertext and both quotes`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const { certifyId } = await execEncrypted(keySdk(recorder, Sdk), INITIALIZE, order());
      const { node, value } = recordedV2(recorder, INITIALIZE);
      assert.match(node.toString(), /^"[A-Za-z0-9+/]+=*"$/);
      assert.equal(JSON.parse(decrypt(Buffer.from(value, 'base64'))).certify_id, certifyId);
    });

    test(`${version}: the same application in clear`, async () => {
      assert.equal((await exec(keySdk(block.server, Sdk), INITIALIZE, order())).code, '10000');
    });
  }

  // From here 4.14 alone: 3.6 cannot read a refusal in clear.
  test('4.14: a refused field is refused inside', async () => {
    const content = personal();
    delete content.bizCode;
    const answer = await execEncrypted(keySdk(block.server), INITIALIZE, content);
    assertRefused(answer, '40004', 'ILLEGAL_ARGUMENT_FORMAT');
    assert.match(answer.subMsg, /biz_code/);
    assertDiscreet(JSON.stringify(answer));
  });

  test('4.14: another AES key: refused in clear, signed', async (t) => {
    const recorder = await recorderFor(t, block.server);
    const sdk = keySdk(recorder, AlipaySdk, { encryptKey: OTHER_AES_KEY });
    const answer = await sdk.exec(INITIALIZE, { bizContent: order(FIXED_ORDER), needEncrypt: true }, { validateSign: true });
    assertRefused(answer, '40003', 'isv.decryption-error-unknown');
    assert.equal(typeof recordedV2(recorder, INITIALIZE).value, 'object');
  });

  test('4.14: an application without an AES key', async () => {
    const sdk = keySdk(block.server, AlipaySdk, { appId: MERCHANT });
    const answer = await sdk.exec(INITIALIZE, { bizContent: order(), needEncrypt: true }, { validateSign: true });
    assertRefused(answer, '40001', 'isv.missing-encrypt-key');
  });

  test('raw: an unknown encrypt_type', async () => {
    const content = encrypt(JSON.stringify(snake(order()))).toString('base64');
    const { value } = await postV2(block.server, signedV2(KEY_APP, INITIALIZE, content, { encrypt_type: 'DES' }));
    assert.equal(value.code, '40002');
    assert.match(value.sub_code, /^isv\.(invalid-encrypt-type|decryption-error-not-valid-encrypt-type)$/);
  });

  test('raw: encrypt_type in the query, as Java sends it', async () => {
    const content = encrypt(JSON.stringify(snake(order()))).toString('base64');
    const { biz_content, ...query } = signedV2(KEY_APP, INITIALIZE, content, { encrypt_type: 'AES' });
    const response = await fetch(`${block.server.gateway}?${form(query)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
      body: form({ biz_content }),
    });
    const { value } = await readV2(response, INITIALIZE);
    assert.equal(typeof value, 'string', JSON.stringify(value));
    assert.equal(JSON.parse(decrypt(Buffer.from(value, 'base64'))).code, '10000');
  });
});

describe('AES_V2', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp(withKey)] });

  test('raw: a random IV before the ciphertext, both ways', async () => {
    const content = encryptV2(JSON.stringify(snake(order()))).toString('base64');
    const answer = await postV2(block.server, signedV2(KEY_APP, INITIALIZE, content, { encrypt_type: 'AES_V2' }));
    assert.equal(typeof answer.value, 'string', JSON.stringify(answer.value));
    assert.ok(byGateway(answer.node, answer.sign));
    assert.equal(JSON.parse(decryptV2(Buffer.from(answer.value, 'base64'))).code, '10000');
  });
});

describe('AES with certificates', { concurrency: true }, () => {
  const block = served({ gateway: certGateway(), apps: [certApp(withKey)] });

  for (const [version, Sdk] of Object.entries(versions)) {
    test(`${version}: initialize, certify, query`, async () => {
      await wholeCertification(block.server, certSdk(block.server, Sdk), execEncrypted, { needEncrypt: true });
    });

    test(`${version}: ciphertext, certificate and signature in one answer`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const sdk = certSdk(recorder, Sdk);
      const { certifyId } = await execEncrypted(sdk, INITIALIZE, order());
      const { certSn, value } = recordedV2(recorder, INITIALIZE);
      assert.equal(certSn, sdk.config.alipayCertSn);
      assert.equal(JSON.parse(decrypt(Buffer.from(value, 'base64'))).certify_id, certifyId);
    });
  }
});

describe('charset', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });

  const names = { GBK: '张测试', gbk: '王赵钱', GB18030: '张𠀀测试' };
  for (const [charset, certName] of Object.entries(names)) {
    test(`raw: a name in ${charset} is that name`, async () => {
      const content = order();
      content.identityParam.certName = certName;
      const request = signedV2(KEY_APP, INITIALIZE, snake(content), { charset });
      assert.ok(!form(request, charset).includes(form({ x: certName }, 'utf-8').slice(2)), 'not sent as UTF-8');
      const first = await postV2(block.server, request);
      assert.equal(first.value.code, '10000', first.value.sub_msg);
      assert.ok(byGateway(first.node, first.sign));

      // The same order in UTF-8 is the same certification only if the name was understood.
      const again = await postV2(block.server, signedV2(KEY_APP, INITIALIZE, snake(content)));
      assert.equal(again.value.certify_id, first.value.certify_id);
    });

    test(`raw: a refusal is answered in ${charset}`, async () => {
      const content = snake(order());
      delete content.biz_code;
      const answer = await postV2(block.server, signedV2(KEY_APP, INITIALIZE, content, { charset }));
      assert.equal(answer.value.code, '40004');
      // UTF-8 read as GBK is Chinese too, but not these words.
      const inUtf8 = await postV2(block.server, signedV2(KEY_APP, INITIALIZE, content));
      assert.match(inUtf8.value.sub_msg, /[\u4e00-\u9fff]/);
      assert.equal(answer.value.sub_msg, inUtf8.value.sub_msg);
      assert.match(answer.contentType, /^text\/html;\s*charset=gb(k|18030)$/i);
      assert.ok(byGateway(answer.node, answer.sign), 'the signature covers the bytes as sent');
    });
  }

  test('raw: GBK bytes signed as UTF-8 text are refused', async () => {
    const request = signedV2(KEY_APP, INITIALIZE, snake(order()), { charset: 'GBK' }, 'utf-8');
    const answer = await postV2(block.server, request);
    assert.equal(answer.value.sub_code, 'isv.invalid-signature');
  });

  test('raw: bytes that are not of the charset', async () => {
    const request = signedV2(KEY_APP, INITIALIZE, '{}', { charset: 'GBK' });
    const response = await fetch(block.server.gateway, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `${form(request, 'GBK')}&extra=%81`,
    });
    const { value } = await readV2(response, INITIALIZE, 'gbk');
    assert.equal(value.sub_code, 'isv.invalid-encoding');
  });

  test('raw: a charset we do not speak', async () => {
    const request = signedV2(KEY_APP, INITIALIZE, '{}', { charset: 'big5' });
    const response = await fetch(`${block.server.gateway}?${form(request, 'utf-8')}`);
    assert.equal((await readV2(response, INITIALIZE)).value.sub_code, 'isv.invalid-charset');
  });
});

describe('v3 key mode', { concurrency: true }, () => {
  const block = served({
    gateway: keyGateway(),
    apps: [keyApp(), ...merchant.apps],
    authorizations: merchant.authorizations,
  });

  test('4.14: initialize, certify, query', () => wholeCertificationV3(block.server, keySdk(block.server)));

  test('4.14: identity_param and merchant_config as texts', async () => {
    const body = snake(order());
    for (const name of ['identity_param', 'merchant_config']) body[name] = JSON.stringify(body[name]);
    const { data } = await keySdk(block.server).curl('POST', V3_INITIALIZE, { body });
    assert.match(data.certify_id, CERTIFY_ID);
  });

  test('4.14: v2 and v3 speak of the same certifications', async () => {
    const sdk = keySdk(block.server);
    const content = order();
    const { data } = await initializeV3(sdk, content);
    assert.equal((await exec(sdk, INITIALIZE, content)).certifyId, data.certify_id);
    assert.equal((await exec(sdk, QUERY, { certifyId: data.certify_id })).passed, 'F');
  });

  test('4.14: more in the authorization is signed and ignored', async () => {
    const sdk = keySdk(block.server, AlipaySdk, { additionalAuthInfo: 'expired_seconds=120' });
    assert.match((await initializeV3(sdk)).data.certify_id, CERTIFY_ID);
  });

  test('4.14: the headers of an answer, lower-case on the wire', async (t) => {
    const recorder = await recorderFor(t, block.server);
    const { traceId } = await initializeV3(keySdk(recorder));
    const { headers, rawNames } = recorder.last();
    for (const name of ['alipay-timestamp', 'alipay-nonce', 'alipay-signature', 'alipay-trace-id']) {
      assert.ok(rawNames.includes(name), name);
    }
    assert.equal(headers['alipay-trace-id'], traceId);
    assert.match(headers['alipay-timestamp'], /^\d{13}$/);
    assert.match(headers['content-type'], /^application\/json;\s*charset=UTF-8$/i);
    assert.ok(!('alipay-sn' in headers));
  });

  test("4.14: a merchant's token acts for the merchant", async () => {
    const sdk = keySdk(block.server);
    const { data } = await initializeV3(sdk, order(), { appAuthToken: TOKEN });
    assert.equal((await queryV3(sdk, data.certify_id, { appAuthToken: TOKEN })).data.passed, 'F');
    await assertV3Refused(queryV3(sdk, data.certify_id), 400, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    await assertV3Refused(initializeV3(sdk, order(), { appAuthToken: 'canary-token-0003' }), 401, 'invalid-app-auth-token');
  });
});

describe('v3 certificate mode', { concurrency: true }, () => {
  const block = served({ gateway: certGateway(), apps: [certApp(), keyApp()] });

  test('4.14: initialize, certify, query', () => wholeCertificationV3(block.server, certSdk(block.server)));

  test("4.14: the answer names the gateway's certificate", async (t) => {
    const recorder = await recorderFor(t, block.server);
    const sdk = certSdk(recorder);
    await initializeV3(sdk);
    assert.equal(recorder.last().headers['alipay-sn'], sdk.config.alipayCertSn);
  });

  test('4.14: a wrong app_cert_sn', async () => {
    const sdk = certSdk(block.server);
    sdk.config.appCertSn = 'f'.repeat(32);
    await assertV3Refused(initializeV3(sdk), 400, 'app-cert-not-exist');
  });

  test('4.14: no app_cert_sn', async () => {
    await assertV3Refused(initializeV3(keySdk(block.server, AlipaySdk, { appId: CERT_APP })), 400, 'missing-app-cert-sn');
  });

  test('4.14: no alipay-root-cert-sn', async () => {
    const sdk = certSdk(block.server);
    sdk.config.alipayRootCertSn = undefined;
    await assertV3Refused(initializeV3(sdk), 400, 'missing-alipay-root-cert-sn');
  });

  test('4.14: an application in key mode at the same gateway', async (t) => {
    const recorder = await recorderFor(t, block.server);
    await initializeV3(keySdk(recorder));
    assert.ok(!('alipay-sn' in recorder.last().headers));
  });
});

describe('v3 AES', { concurrency: true }, () => {
  const block = served({
    gateway: certGateway(),
    apps: [keyApp(withKey), certApp(withKey), withoutKey],
  });
  const needEncrypt = true;

  const modes = { key: keySdk, certificate: certSdk };
  for (const [mode, sdkFor] of Object.entries(modes)) {
    test(`4.14: initialize, certify, query in ${mode} mode`, async () => {
      await wholeCertificationV3(block.server, sdkFor(block.server), { needEncrypt });
    });
  }

  test('4.14: the answer is ciphertext, as plain text', async (t) => {
    const recorder = await recorderFor(t, block.server);
    const { data } = await initializeV3(keySdk(recorder), order(), { needEncrypt });
    const { headers, body } = recorder.last();
    assert.equal(headers['content-type'], 'text/plain');
    assert.deepEqual(JSON.parse(decrypt(Buffer.from(body.toString(), 'base64'))), data);
    assert.ok(v3ByGateway((name) => headers[name], body.toString()), 'the signature covers the ciphertext');
  });

  test('raw: a query that asks for ciphertext, as Java sends it', async () => {
    const { data } = await initializeV3(keySdk(block.server));
    const target = `${V3_QUERY}?certify_id=${data.certify_id}`;
    const request = signedV3(KEY_APP, 'GET', target, { headers: { 'alipay-encrypt-type': 'AES' } });
    const answer = await rawV3(block.server, target, request);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.header('content-type'), 'text/plain');
    assert.equal(JSON.parse(decrypt(Buffer.from(answer.text, 'base64'))).passed, 'F');
    assert.ok(v3ByGateway(answer.header, answer.text));
  });

  test('4.14: a refused field is answered in clear', async () => {
    const content = personal();
    delete content.bizCode;
    const call = initializeV3(keySdk(block.server), content, { needEncrypt });
    const error = await assertV3Refused(call, 400, 'ILLEGAL_ARGUMENT_FORMAT');
    assert.match(error.message, /biz_code/);
    assertDiscreet(error.message);
  });

  test('4.14: another AES key', async () => {
    const sdk = keySdk(block.server, AlipaySdk, { encryptKey: OTHER_AES_KEY });
    await assertV3Refused(initializeV3(sdk, order(FIXED_ORDER), { needEncrypt }), 400, 'decryption-error-unknown');
  });

  test('4.14: an application without an AES key', async () => {
    const sdk = keySdk(block.server, AlipaySdk, { appId: MERCHANT });
    await assertV3Refused(initializeV3(sdk, order(), { needEncrypt }), 400, 'missing-encrypt-key');
  });
});

describe('v3 errors', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });

  test('4.14: an unknown application', () =>
    assertV3Refused(initializeV3(keySdk(block.server, AlipaySdk, { appId: '2021000000000099' })), 400, 'invalid-app-id'));

  test('4.14: a signature by another key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const sdk = keySdk(block.server, AlipaySdk, {
      keyType: 'PKCS8',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    });
    const error = await assertV3Refused(initializeV3(sdk, personal()), 400, 'invalid-signature');
    assertDiscreet(error.message);
  });

  test('4.14: an unknown path', async () => {
    const call = keySdk(block.server).curl('POST', '/v3/alipay/user/certify/open/other', { body: {} });
    await assertV3Refused(call, 400, 'invalid-method');
  });

  test('4.14: a wrong field, by name', async () => {
    const content = personal();
    delete content.merchantConfig;
    const error = await assertV3Refused(initializeV3(keySdk(block.server), content), 400, 'ILLEGAL_ARGUMENT_FORMAT');
    assert.match(error.message, /merchant_config/);
    assertDiscreet(error.message);
  });

  test('4.14: an unknown certify_id, and a missing one', async () => {
    const sdk = keySdk(block.server);
    await assertV3Refused(queryV3(sdk, UNKNOWN_ID), 400, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    const error = await assertV3Refused(sdk.curl('GET', V3_QUERY), 400, 'ILLEGAL_ARGUMENT_FORMAT');
    assert.match(error.message, /certify_id/);
  });

  test('raw: no authorization', async () => {
    const answer = await rawV3(block.server, V3_INITIALIZE, { method: 'POST', body: '{}' });
    assert.equal(answer.status, 400);
    assert.equal(answer.json().code, 'missing-timestamp');
  });

  test('raw: a body that is no JSON object', async () => {
    const answer = await rawV3(block.server, V3_INITIALIZE, signedV3(KEY_APP, 'POST', V3_INITIALIZE, { body: '[]' }));
    assert.equal(answer.status, 400);
    assert.equal(answer.json().code, 'illegal-json');
  });

  test('raw: a body changed after signing', async () => {
    const body = JSON.stringify(snake(order()));
    const request = { ...signedV3(KEY_APP, 'POST', V3_INITIALIZE, { body }), body: `${body} ` };
    const answer = await rawV3(block.server, V3_INITIALIZE, request);
    assert.equal(answer.status, 400);
    assert.equal(answer.json().code, 'invalid-signature');
  });
});

describe('v3 replay and time', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });
  const MINUTE_MS = 60_000;

  for (const what of ['initialize', 'query']) {
    test(`4.14: the very same ${what} again is refused`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const sdk = keySdk(recorder);
      const { data } = await initializeV3(sdk);
      if (what === 'query') await queryV3(sdk, data.certify_id);
      const first = recorder.last();
      assert.equal(first.status, 200);
      const replay = await resend(block.server, first.sent);
      assert.equal(replay.status, 400, replay.body.toString());
      const { code, message, links } = JSON.parse(replay.body);
      assert.match(code, /^[a-z-]+$/);
      assert.match(message, /nonce/);
      assert.ok(Array.isArray(links));
    });
  }

  test('raw: a nonce that another request used', async () => {
    const nonce = randomUUID();
    const send = (id) => {
      const target = `${V3_QUERY}?certify_id=${id}`;
      return rawV3(block.server, target, signedV3(KEY_APP, 'GET', target, { nonce }));
    };
    assert.equal((await send(UNKNOWN_ID)).json().code, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    const again = await send(UNKNOWN_ID.replace('c', 'd'));
    assert.equal(again.status, 400);
    assert.match(again.json().message, /nonce/);
  });

  test('raw: a nonce of a request whose signature is wrong stays free', async () => {
    const nonce = randomUUID();
    const body = JSON.stringify(snake(order()));
    const request = signedV3(KEY_APP, 'POST', V3_INITIALIZE, { body, nonce });
    const forged = await rawV3(block.server, V3_INITIALIZE, { ...request, body: `${body} ` });
    assert.equal(forged.json().code, 'invalid-signature');
    assert.equal((await rawV3(block.server, V3_INITIALIZE, request)).status, 200);
  });

  test('raw: nine minutes old is accepted, eleven are not', async () => {
    const send = (age) => {
      const body = JSON.stringify(snake(order()));
      const timestamp = Date.now() - age * MINUTE_MS;
      return rawV3(block.server, V3_INITIALIZE, signedV3(KEY_APP, 'POST', V3_INITIALIZE, { body, timestamp }));
    };
    const young = await send(9);
    assert.equal(young.status, 200, young.text);
    assert.ok(v3ByGateway(young.header, young.text));
    const old = await send(11);
    assert.equal(old.status, 400);
    assert.match(old.json().code, /^(invalid|illegal)-timestamp$/);
  });
});

const TIMESTAMP = /^isv\.(invalid|illegal)-timestamp$/;

describe('v2 time', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });

  for (const [version, Sdk] of Object.entries(versions)) {
    const times = { 'now as UTC+8': chinaTime, 'now as UTC': utcTime };
    for (const [what, time] of Object.entries(times)) {
      test(`${version}: ${what} is accepted`, async () => {
        const answer = await exec(keySdk(block.server, Sdk), INITIALIZE, order(), { timestamp: time() });
        assert.equal(answer.code, '10000', answer.subMsg);
      });
    }

    for (const hours of [-3, 3]) {
      test(`${version}: ${hours} hours are refused, but not on a page`, async () => {
        const sdk = keySdk(block.server, Sdk);
        const timestamp = chinaTime(hours);
        const answer = await exec(sdk, INITIALIZE, order(), { timestamp });
        assert.equal(answer.code, '40002', JSON.stringify(answer));
        assert.match(answer.subCode, TIMESTAMP);

        const { certifyId } = await exec(sdk, INITIALIZE, order());
        const page = await fetch(sdk.pageExec(CERTIFY, { method: 'GET', bizContent: { certify_id: certifyId }, timestamp }));
        assert.equal(page.status, 200);
        assert.match(await page.text(), /TEST/);
      });
    }

    test(`${version}: another form is refused`, async () => {
      const answer = await exec(keySdk(block.server, Sdk), INITIALIZE, order(), { timestamp: '2026-11-24T10:00:00Z' });
      assert.equal(answer.code, '40002', JSON.stringify(answer));
      assert.match(answer.subCode, TIMESTAMP);
    });
  }
});

describe('v2 time window configured', { concurrency: true }, () => {
  const off = served({ gateway: keyGateway({ timestamp_window_seconds: 0 }), apps: [keyApp()] });
  const minute = served({ gateway: keyGateway({ timestamp_window_seconds: 60 }), apps: [keyApp()] });

  test('0 switches it off', async () => {
    const answer = await exec(keySdk(off.server), INITIALIZE, order(), { timestamp: chinaTime(-3) });
    assert.equal(answer.code, '10000', answer.subMsg);
  });

  test('60 refuses five minutes, in either zone', async () => {
    for (const time of [chinaTime, utcTime]) {
      const sdk = keySdk(minute.server);
      assert.equal((await exec(sdk, INITIALIZE, order(), { timestamp: time() })).code, '10000');
      assert.match((await exec(sdk, INITIALIZE, order(), { timestamp: time(-5 / 60) })).subCode ?? 'accepted', TIMESTAMP);
    }
  });
});

describe('multipart', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });

  const post = async (more) => {
    const { biz_content, ...query } = signedV2(KEY_APP, INITIALIZE, snake(personal()), more);
    const body = new FormData();
    body.set('biz_content', biz_content);
    return readV2(await fetch(`${block.server.gateway}?${form(query)}`, { method: 'POST', body }), INITIALIZE);
  };

  test('raw: biz_content as a part', async () => {
    const { value, node, sign } = await post();
    assert.equal(value.code, '10000', value.sub_msg);
    assert.ok(byGateway(node, sign));
  });

  test('raw: a parameter in the query and in a part is refused', async () => {
    const { biz_content, ...query } = signedV2(KEY_APP, INITIALIZE, snake(order()));
    const body = new FormData();
    body.set('biz_content', biz_content);
    body.set('app_id', KEY_APP);
    const response = await fetch(`${block.server.gateway}?${form(query)}`, { method: 'POST', body });
    assert.equal((await readV2(response, INITIALIZE)).value.sub_code, 'isv.invalid-parameter');
  });
});

describe('RSA with SHA-1', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });

  for (const [version, Sdk] of Object.entries(versions)) {
    test(`${version}: refused, signed`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const answer = await keySdk(recorder, Sdk, { signType: 'RSA' }).exec(INITIALIZE, { bizContent: personal() });
      assertRefused(answer, '40002', 'isv.invalid-signature-type');
      assertDiscreet(JSON.stringify(answer));
      assert.match(answer.subMsg, /allow_sha1 = true/);
      // What is off is used for nothing, not even for saying so.
      const { node, sign } = takeApart(recorder.last().body, INITIALIZE);
      assert.ok(byGateway(node, sign, 'RSA-SHA256'));
    });
  }
});

describe('RSA with SHA-1, switched on', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp({ allow_sha1: true })] });

  for (const [version, Sdk] of Object.entries(versions)) {
    test(`${version}: initialize, certify, query, every answer checked with SHA-1`, async () => {
      await wholeCertification(block.server, keySdk(block.server, Sdk, { signType: 'RSA' }), exec);
    });

    test(`${version}: a refusal is signed alike`, async (t) => {
      const recorder = await recorderFor(t, block.server);
      const answer = await exec(keySdk(recorder, Sdk, { signType: 'RSA' }), QUERY, { certifyId: UNKNOWN_ID });
      assertRefused(answer, '40004', 'OPEN_CERTIFY_BILL_NOT_EXIST');
      const { node, sign } = takeApart(recorder.last().body, QUERY);
      assert.ok(byGateway(node, sign, 'RSA-SHA1') && !byGateway(node, sign, 'RSA-SHA256'));
    });

    test(`${version}: another application's key is refused`, async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const other = { keyType: 'PKCS8', privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
      const sdk = keySdk(block.server, Sdk, { signType: 'RSA', ...other });
      assertRefused(await exec(sdk, INITIALIZE, order()), '40002', 'isv.invalid-signature');
    });

    test(`${version}: RSA2 at the same application`, async () => {
      await wholeCertification(block.server, keySdk(block.server, Sdk), exec);
    });
  }
});

describe('invalid signature', { concurrency: true }, () => {
  const block = served({ gateway: keyGateway(), apps: [keyApp()] });

  for (const [version, Sdk] of Object.entries(versions)) {
    test(`${version}: shows the rebuilt string without the person`, async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const sdk = keySdk(block.server, Sdk, {
        keyType: 'PKCS8',
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      });
      const timestamp = chinaTime();
      const answer = await exec(sdk, INITIALIZE, personal(), { timestamp });
      assertRefused(answer, '40002', 'isv.invalid-signature');
      const { subMsg } = answer;
      assert.match(subMsg, /^验签出错/);
      assert.ok(subMsg.includes(`app_id=${KEY_APP}&amp;biz_content=`), subMsg);
      const rest = `&amp;charset=utf-8&amp;method=${INITIALIZE}&amp;sign_type=RSA2&amp;timestamp=${timestamp}&amp;version=1.0`;
      assert.ok(subMsg.includes(rest), subMsg);
      assert.ok(!/&(?!amp;)/.test(subMsg), 'every & is &amp;');
      assertDiscreet(JSON.stringify(answer));
    });
  }

  test('raw: a person written in escapes is not shown either', async () => {
    const escape = (character) => `\\u${character.charCodeAt(0).toString(16)}`;
    const escaped = JSON.stringify(snake(personal())).replace(/[\u0080-\uffff]/g, escape);
    const request = signedV2(KEY_APP, INITIALIZE, escaped);
    const { value } = await postV2(block.server, { ...request, timestamp: chinaTime(0.01) });
    assert.equal(value.sub_code, 'isv.invalid-signature');
    assertDiscreet(JSON.stringify(value));
    assert.ok(!value.sub_msg.includes(escaped.match(/cert_name":"([^"]+)/)[1]));
  });

  test('raw: a person in a query and in texts is not shown either', async () => {
    const content = snake(personal());
    content.identity_param = JSON.stringify(content.identity_param);
    const request = { ...signedV2(KEY_APP, INITIALIZE, content), timestamp: chinaTime(0.01) };
    const response = await fetch(`${block.server.gateway}?${form(request)}`);
    const { value } = await readV2(response, INITIALIZE);
    assert.equal(value.sub_code, 'isv.invalid-signature');
    assertDiscreet(JSON.stringify(value));
  });
});
