// alipay-serverless-sdk of this repository over the published client SDK, and the example's page on top of both.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import shared from 'alipay-serverless-sdk';
import { anonymousClient } from './lib/mini-program.mjs';
import { CERTIFY_ID, UNKNOWN_ID, order } from './lib/orders.mjs';
import { loadPage } from './lib/page.mjs';
import { EXAMPLE, startServer } from './lib/server.mjs';

const require = createRequire(import.meta.url);

/** A cloud of its own: the package's default export is one instance per program. */
async function cloudFor(server) {
  const path = require.resolve('alipay-serverless-sdk');
  const { createCloud } = require(join(path, '../lib/cloud.js'));
  const { sdk, requests } = await anonymousClient(server);
  const cloud = createCloud();
  cloud.init(sdk);
  return { cloud, identification: cloud.member.identification, requests };
}

function bothSpellings(answer) {
  for (const name of Object.keys(answer)) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const camel = name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
    assert.equal(answer[snake], answer[name], name);
    assert.equal(answer[camel], answer[name], name);
  }
}

describe('page SDK', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const forms = {
    'object form': {
      init: (id, { outerOrderNo, bizCode, identityParam, merchantConfig }) =>
        id.init({ outerOrderNo, bizCode, identityParam, merchantConfig }),
      certify: (id, certifyId) => id.certify({ certifyId }),
      query: (id, certifyId) => id.query({ certifyId }),
    },
    'positional form': {
      init: (id, { outerOrderNo, bizCode, identityParam, merchantConfig }) =>
        id.init(outerOrderNo, bizCode, identityParam, merchantConfig),
      certify: (id, certifyId) => id.certify(certifyId),
      query: (id, certifyId) => id.query(certifyId),
    },
  };

  for (const [form, call] of Object.entries(forms)) {
    for (const [outcome, passed] of [['passed', 'T'], ['failed', 'F'], ['left', 'F']]) {
      test(`${form}: init, certify, ${outcome}, query`, async () => {
        const { identification } = await cloudFor(server);
        const opened = await call.init(identification, order());
        assert.deepEqual(opened, {
          code: '10000',
          msg: 'Success',
          certifyId: opened.certify_id,
          certify_id: opened.certifyId,
        });
        assert.match(opened.certifyId, CERTIFY_ID);

        const link = await call.certify(identification, opened.certifyId);
        assert.deepEqual(Object.keys(link), ['body']);
        const page = await fetch(link.body);
        assert.equal(page.status, 200);
        assert.match(await page.text(), /TEST/);

        const early = await call.query(identification, opened.certifyId);
        assert.equal(early.code, '10000');
        assert.equal(early.passed, 'F');

        await server.outcome(opened.certifyId, outcome, outcome === 'failed' ? 'Z1147' : undefined);
        const result = await call.query(identification, opened.certifyId);
        assert.equal(result.code, '10000');
        assert.strictEqual(result.passed, passed);
        bothSpellings(result);
      });
    }
  }

  test('business failures resolve, in both spellings, without the members of a success', async () => {
    const { cloud, identification } = await cloudFor(server);
    const failures = [
      [await identification.init({ ...order(), bizCode: 'NOSE' }), 'ILLEGAL_ARGUMENT_FORMAT'],
      [await identification.init(), 'ILLEGAL_ARGUMENT_FORMAT'],
      [await identification.query(UNKNOWN_ID), 'OPEN_CERTIFY_BILL_NOT_EXIST'],
      [await cloud.util.generic.execute('alipay.user.certify.open.query', { certifyId: UNKNOWN_ID }), 'OPEN_CERTIFY_BILL_NOT_EXIST'],
    ];
    for (const [answer, subCode] of failures) {
      assert.equal(answer.code, '40004');
      assert.equal(answer.msg, 'Business Failed');
      assert.equal(answer.subCode, subCode);
      assert.ok(answer.subMsg);
      bothSpellings(answer);
      assert.ok(!('certifyId' in answer) && !('passed' in answer) && !('body' in answer));
    }
  });

  test('certify of an unknown certification resolves with a refusal or a link that explains', async () => {
    const { identification } = await cloudFor(server);
    const answer = await identification.certify({ certifyId: UNKNOWN_ID });
    if (answer.body === undefined) assert.equal(answer.subCode, 'OPEN_CERTIFY_BILL_NOT_EXIST');
    else assert.match(await (await fetch(answer.body)).text(), /TEST/);
  });

  test('raw function.invoke gives both spellings as well', async () => {
    const { requests, identification } = await cloudFor(server);
    await identification.init(order());
    const { data } = requests.at(-1).answer.data;
    assert.match(data.certify_id, CERTIFY_ID);
    assert.equal(data.certifyId, data.certify_id);
  });

  test('a page that passes appAuthToken is refused before anything is sent', async () => {
    const { requests, identification } = await cloudFor(server);
    const sent = requests.length;
    const call = identification.init(order(), { appAuthToken: server.ready.app_auth_token });
    await assert.rejects(call, { code: 'APP_AUTH_TOKEN_NOT_ALLOWED' });
    assert.equal(requests.length, sent);
  });

  test('a refusal of the gateway rejects with an Error that has code and message', async () => {
    const { cloud } = await cloudFor(server);
    await assert.rejects(cloud.util.generic.execute('alipay.trade.create', { subject: 'x' }), (error) => {
      assert.ok(error instanceof Error);
      assert.ok(error.message);
      assert.ok(error.code);
      return true;
    });
  });
});

describe('the page of the example', () => {
  for (const form of ['identifyByObject', 'identifyByPosition']) {
    test(form, async () => {
      const server = await startServer();
      try {
        const { sdk } = await anonymousClient(server);
        shared.init(sdk);
        const page = loadPage(join(EXAMPLE, 'pages/identify/index.js'), {
          modules: { 'alipay-serverless-sdk': shared },
          globals: {
            getApp: () => ({ signedIn: Promise.resolve() }),
            my: {
              startAPVerify({ url, certifyId, complete }) {
                assert.match(url, /^http/);
                server
                  .outcome(certifyId, 'passed')
                  .then(() => complete({ resultStatus: '9000', result: { certifyId } }));
              },
            },
          },
        });
        await page[form]();
        assert.equal(page.data.problem, '');
        assert.match(page.data.certifyId, CERTIFY_ID);
        assert.equal(page.data.passed, 'T');
      } finally {
        await server.stop();
      }
    });
  }
});
