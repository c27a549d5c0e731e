// npm alipay-sdk 4.14.0 on the requests that certifyd itself sends to another gateway. A test of the
// adapter holds them to this file; here the SDK signs the same parameters, and verifies the signatures.

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { AlipaySdk } from 'alipay-sdk';
import { aesKey, keyFile, keyText } from './lib/openapi.mjs';

const require = createRequire(import.meta.url);
// The signing function of the package itself; it is not among the package's exports.
const sdkFolder = dirname(require.resolve('alipay-sdk'));
const { sign, aesDecrypt } = require(join(sdkFolder, 'util.js'));

const file = new URL('../crates/upstream/tests/vectors/requests.json', import.meta.url);
const requests = JSON.parse(readFileSync(file, 'utf8'));

// Parameter names in the spelling the SDK takes.
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** The same call, encrypted and signed by the SDK. */
function signedBySdk({ parameters }) {
  const { sign: _, method, biz_content: content, encrypt_type: encrypted, ...rest } = parameters;
  const given = Object.fromEntries(Object.entries(rest).map(([name, value]) => [camel(name), value]));
  if (content) given.bizContent = encrypted ? aesDecrypt(content, aesKey()) : JSON.parse(content);
  if (encrypted) given.needEncrypt = true;
  const { config } = new AlipaySdk({
    appId: parameters.app_id,
    privateKey: keyText('app_private_pkcs1.pem'),
    alipayPublicKey: keyText('alipay_public.pem'),
    encryptKey: aesKey(),
  });
  return sign(method, given, config, { bizContentAutoSnakeCase: false });
}

describe('requests to another gateway', () => {
  test('there is one for every mode', () => {
    assert.deepEqual(requests.map(({ name }) => name), [
      'key', 'key, every parameter', 'key, no content', 'key, encrypted',
      'certificate', 'certificate, encrypted', 'page', 'page, encrypted',
    ]);
  });

  for (const request of requests) {
    const { name, parameters } = request;

    test(`${name}: the SDK makes the same parameters and the same signature`, () => {
      assert.deepEqual({ ...signedBySdk(request) }, parameters);
    });

    test(`${name}: Node.js verifies the signature`, () => {
      const { sign: made, ...rest } = parameters;
      const text = Object.keys(rest).sort().map((key) => `${key}=${rest[key]}`).join('&');
      const key = createPublicKey(readFileSync(keyFile('app_public.pem')));
      assert.ok(verify('sha256', Buffer.from(text), key, Buffer.from(made, 'base64')));
      assert.ok(!verify('sha256', Buffer.from(`${text} `), key, Buffer.from(made, 'base64')));
    });

    if (parameters.encrypt_type) {
      test(`${name}: the SDK decrypts the content`, () => {
        const clear = aesDecrypt(parameters.biz_content, aesKey());
        assert.ok(clear.outer_order_no || clear.certify_id, JSON.stringify(clear));
      });
    }
  }
});
