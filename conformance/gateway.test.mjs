// npm alipay-sdk 4.14.0 against /gateway.do, with the verification of every answer switched on.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AlipaySdk } from 'alipay-sdk';
import { CERTIFY_ID, UNKNOWN_ID, order, orderNo } from './lib/orders.mjs';
import { startServer } from './lib/server.mjs';

const INITIALIZE = 'alipay.user.certify.open.initialize';
const CERTIFY = 'alipay.user.certify.open.certify';
const QUERY = 'alipay.user.certify.open.query';

describe('gateway', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const sdkFor = (settings) =>
    new AlipaySdk({
      appId: server.ready.app_id,
      privateKey: server.key('app_private_key'),
      alipayPublicKey: server.key('gateway_public_key'),
      gateway: server.gateway,
      timeout: 30_000,
      ...settings,
    });

  const exec = (sdk, method, bizContent, more) => sdk.exec(method, { bizContent, ...more }, { validateSign: true });

  const keys = {
    PKCS1: () => ({ keyType: 'PKCS1', privateKey: server.key('app_private_key') }),
    PKCS8: () => ({ keyType: 'PKCS8', privateKey: server.key('app_private_key_pkcs8') }),
  };

  for (const [kind, settings] of Object.entries(keys)) {
    test(`initialize, certify, query with a ${kind} key`, async () => {
      const sdk = sdkFor(settings());
      const opened = await exec(sdk, INITIALIZE, order());
      assert.equal(opened.code, '10000');
      assert.equal(opened.msg, 'Success');
      assert.match(opened.certifyId, CERTIFY_ID);
      const { certifyId } = opened;

      const link = sdk.pageExecute(CERTIFY, 'GET', { bizContent: { certify_id: certifyId } });
      const page = await fetch(link);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /TEST/);
      assert.equal((await fetch(link)).status, 200, 'the link is opened again');

      assert.equal((await exec(sdk, QUERY, { certifyId })).passed, 'F');
      await server.outcome(certifyId, 'passed');
      const result = await exec(sdk, QUERY, { certifyId });
      assert.equal(result.code, '10000');
      assert.strictEqual(result.passed, 'T');
      assert.ok(!('subCode' in result));
    });
  }

  test('a terminal state never changes', async () => {
    const sdk = sdkFor();
    const { certifyId } = await exec(sdk, INITIALIZE, order());
    await server.outcome(certifyId, 'failed', 'Z1147');
    await server.outcome(certifyId, 'passed').catch(() => {});
    assert.equal((await exec(sdk, QUERY, { certifyId })).passed, 'F');
  });

  test('what production accepts is accepted: a 36-character order, a 19-digit number, objects and texts', async () => {
    const sdk = sdkFor();
    const loose = order(orderNo().padEnd(36, '-0'));
    loose.identityParam.certNo = '5139011988090987631';
    loose.merchantConfig.returnUrl = 'www.taobao.com';
    assert.equal((await exec(sdk, INITIALIZE, loose)).code, '10000');

    const texts = order();
    texts.identityParam = '{"identity_type":"CERT_INFO","cert_type":"IDENTITY_CARD","cert_name":"张测试","cert_no":"11000019900307001X"}';
    texts.merchantConfig = '{"return_url":"https://merchant.example/done"}';
    assert.equal((await exec(sdk, INITIALIZE, texts)).code, '10000');
  });

  test('the same order again: the same certification', async () => {
    const sdk = sdkFor();
    const first = order();
    const { certifyId } = await exec(sdk, INITIALIZE, first);
    assert.equal((await exec(sdk, INITIALIZE, structuredClone(first))).certifyId, certifyId);
  });

  test('the same order with other content is refused, without the content', async () => {
    const sdk = sdkFor();
    const first = order();
    await exec(sdk, INITIALIZE, first);
    const other = structuredClone(first);
    other.identityParam.certName = '赵另外';
    const answer = await exec(sdk, INITIALIZE, other);
    assert.equal(answer.code, '40004');
    assert.ok(!('certifyId' in answer));
    assert.match(answer.subMsg, /outer_?order_?no/i);
    for (const name of ['赵另外', first.identityParam.certName]) assert.ok(!JSON.stringify(answer).includes(name));
  });

  const CANARY = 'canary3f9a7e';
  const without = (name, member) => (content) => {
    if (member) delete content[name][member];
    else delete content[name];
  };
  const withValue = (value, name, member) => (content) => {
    if (member) content[name][member] = value;
    else content[name] = value;
  };
  const wrongFields = {
    'outer_order_no missing': [without('outerOrderNo'), /outer_order_no/],
    'outer_order_no empty': [withValue('', 'outerOrderNo'), /outer_order_no/],
    'outer_order_no far too long': [withValue(CANARY.repeat(30), 'outerOrderNo'), /outer_order_no/],
    'biz_code missing': [without('bizCode'), /biz_code/],
    'biz_code unknown': [withValue(CANARY, 'bizCode'), /biz_code/],
    'identity_param missing': [without('identityParam'), /identity_param/],
    'identity_type missing': [without('identityParam', 'identityType'), /identity_type/],
    'identity_type unknown': [withValue(CANARY, 'identityParam', 'identityType'), /identity_type/],
    'cert_type missing': [without('identityParam', 'certType'), /cert_type/],
    'cert_type unknown': [withValue(CANARY, 'identityParam', 'certType'), /cert_type/],
    'cert_name missing': [without('identityParam', 'certName'), /cert_name/],
    'cert_name empty': [withValue('', 'identityParam', 'certName'), /cert_name/],
    'cert_no missing': [without('identityParam', 'certNo'), /cert_no/],
    'cert_no empty': [withValue('', 'identityParam', 'certNo'), /cert_no/],
    'merchant_config missing': [without('merchantConfig'), /merchant_config/],
    'return_url missing': [without('merchantConfig', 'returnUrl'), /return_url/],
  };
  for (const [what, [spoil, field]] of Object.entries(wrongFields)) {
    test(`${what}: refused by name`, async () => {
      const content = order();
      spoil(content);
      const answer = await exec(sdkFor(), INITIALIZE, content);
      assert.equal(answer.code, '40004');
      assert.equal(answer.msg, 'Business Failed');
      assert.equal(answer.subCode, 'ILLEGAL_ARGUMENT_FORMAT');
      assert.match(answer.subMsg, field);
      assert.match(answer.subMsg, /[\u4e00-\u9fff]/, 'in Chinese');
      assert.match(answer.subMsg, /[a-z]{3,} [a-z]{2,}/i, 'and in English');
      for (const value of [CANARY, '张测试', '11000019900307001X']) assert.ok(!JSON.stringify(answer).includes(value));
      assert.ok(!('certifyId' in answer));
    });
  }

  for (const field of ['identityParam', 'merchantConfig']) {
    test(`${field} that is not readable JSON is refused by name`, async () => {
      const content = { ...order(), [field]: `{\\"over\\":\\"${CANARY}\\"}` };
      const answer = await exec(sdkFor(), INITIALIZE, content);
      assert.equal(answer.code, '40004');
      assert.match(answer.subCode, /^(UNKNOWN_ERROR|ILLEGAL_ARGUMENT_FORMAT)$/);
      assert.match(answer.subMsg, field === 'identityParam' ? /identity_param/ : /merchant_config/);
      assert.ok(!JSON.stringify(answer).includes(CANARY));
    });
  }

  test('an unknown certify_id, and a missing one', async () => {
    const sdk = sdkFor();
    const unknown = await exec(sdk, QUERY, { certifyId: UNKNOWN_ID });
    assert.equal(unknown.code, '40004');
    assert.equal(unknown.subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    assert.ok(!('passed' in unknown));
    const missing = await exec(sdk, QUERY, { other: 'x' });
    assert.equal(missing.subCode, 'ILLEGAL_ARGUMENT_FORMAT');
    assert.match(missing.subMsg, /certify_id/);
  });

  test('an unknown application', async () => {
    const answer = await exec(sdkFor({ appId: '2021000000000000' }), INITIALIZE, order());
    assert.equal(answer.code, '40002');
    assert.equal(answer.subCode, 'isv.invalid-app-id');
  });

  test('a signature by another key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const sdk = sdkFor({ keyType: 'PKCS8', privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) });
    const answer = await exec(sdk, INITIALIZE, order());
    assert.equal(answer.code, '40002');
    assert.equal(answer.subCode, 'isv.invalid-signature');
    for (const value of ['张测试', '11000019900307001X']) assert.ok(!JSON.stringify(answer).includes(value));
  });

  test('a link that was changed shows a page of ours and no certification', async () => {
    const sdk = sdkFor();
    const { certifyId } = await exec(sdk, INITIALIZE, order());
    const link = sdk.pageExecute(CERTIFY, 'GET', { bizContent: { certify_id: certifyId } });
    const page = await fetch(link.replace(certifyId, UNKNOWN_ID));
    assert.equal(page.status < 500, true);
    assert.ok(!(await page.text()).includes('张测试'));
  });

  test("a merchant's token acts for the merchant; an unknown one is refused", async () => {
    const sdk = sdkFor();
    const appAuthToken = server.ready.app_auth_token;
    const { code, certifyId } = await exec(sdk, INITIALIZE, order(), { appAuthToken });
    assert.equal(code, '10000');
    assert.equal((await exec(sdk, QUERY, { certifyId }, { appAuthToken })).code, '10000');
    assert.equal((await exec(sdk, QUERY, { certifyId })).subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');

    const refused = await exec(sdk, INITIALIZE, order(), { appAuthToken: 'canary-token-0003' });
    assert.equal(refused.code, '20001');
    assert.equal(refused.subCode, 'aop.invalid-app-auth-token');
  });

  test('nothing personal reaches the log', async () => {
    const content = order();
    content.identityParam.certName = '钱不入日志';
    content.identityParam.certNo = '110000199003070044';
    assert.equal((await exec(sdkFor(), INITIALIZE, content)).code, '10000');
    for (const value of ['钱不入日志', '110000199003070044']) assert.ok(!server.log.includes(value));
  });
});
