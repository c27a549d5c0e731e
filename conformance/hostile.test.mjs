// Functions that mean harm lose their own call and nothing else: meanwhile others answer, and so does the server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CERTIFY_ID } from './lib/orders.mjs';
import { anonymousToken, clientCall, invoke } from './lib/raw.mjs';
import { serverFor, startServer } from './lib/server.mjs';

const MEGABYTE = 1024 * 1024;

/** Each must end in an error reply. */
const doomed = {
  loop: 'module.exports = () => { for (;;); };',
  'loop-while-loading': 'for (;;); module.exports = () => 1;',
  'loop-of-promises': 'const spin = () => Promise.resolve().then(spin); module.exports = spin;',
  'loop-in-a-timer': 'module.exports = () => new Promise(() => setTimeout(() => { for (;;); }, 1));',
  'loop-in-json': 'module.exports = () => ({ toJSON() { for (;;); } });',
  'never-settles': 'module.exports = () => new Promise(() => {});',
  recursion: 'const deeper = (n) => deeper(n + 1) + 1; module.exports = () => deeper(0);',
  'recursion-by-getter': 'const o = { get a() { return this.a; } }; module.exports = () => o.a;',
  'deep-result': 'module.exports = () => { let v = []; for (let i = 0; i < 1e6; i += 1) v = [v]; return v; };',
  bomb: 'module.exports = () => { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); };',
  'bomb-of-text': "module.exports = () => { let t = 'x'; for (;;) t += t; };",
  'bomb-of-buffers': 'module.exports = () => { const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1)); };',
  'huge-result': `module.exports = () => 'x'.repeat(${300 * MEGABYTE});`,
  'exponential-pattern': `module.exports = () => /^(a+)+$/.test('a'.repeat(64) + 'b');`,
  exit: 'module.exports = () => process.exit(0);',
  'exit-while-loading': 'process.exit(1);',
  'reads-files': `module.exports = () => require('fs').readFileSync('/etc/hostname', 'utf8');`,
  'climbs-out': `module.exports = () => require('../echo/index.js');`,
  'throws-trap': 'module.exports = () => { throw new Proxy({}, { get() { throw 1; } }); };',
  'throws-nothing': 'module.exports = () => { throw undefined; };',
};

const tricky = {
  pollute: `module.exports = async (ctx) => {
      Object.prototype.polluted = 'yes';
      Array.prototype.map = () => 'polluted';
      Promise.prototype.then = () => 'polluted';
      Function.prototype.call = () => 'polluted';
      ctx.__proto__.polluted = 'yes';
      ctx.constructor.prototype.cloud = { member: 'polluted' };
      return 'done';
    };`,
  victim: `module.exports = async (ctx) => ({
      polluted: ({}).polluted ?? ctx.polluted ?? 'no',
      map: [1].map((one) => one + 1),
      own: typeof ctx.cloud.member.identification.init,
    });`,
  'override-cloud': `module.exports = async (ctx) => {
      const genuine = ctx.cloud !== undefined && ctx.cloud.forged === undefined;
      try { ctx.cloud = { forged: true }; } catch {}
      try { ctx.__proto__ = { cloud: { forged: true } }; } catch {}
      return genuine;
    };`,
  'forge-reply': `JSON.stringify = () => '},"success":true,"data":{"forged":true';
    module.exports = async () => ({ plain: 1 });`,
  'forge-result': `module.exports = async () => ({ success: false, error: { code: 'GATEWAY_INVALID_TOKEN' }, data: 1 });`,
  'forge-code': `module.exports = async () => {
      throw { code: 'GATEWAY_INVALID_TOKEN', message: 'x', toString() { return 'InvalidParameter.InvalidToken'; } };
    };`,
  'forge-env': `module.exports = async (ctx) => {
      try { ctx.env.MP_APP_ID = '2021000000000000'; ctx.env.MP_SPACE_ID = 'other'; } catch {}
      return ctx.cloud.member.identification.init({
        outerOrderNo: 'hostile' + Date.now(),
        bizCode: 'FACE',
        identityParam: { identityType: 'CERT_INFO', certType: 'IDENTITY_CARD', certName: '张测试', certNo: '11000019900307001X' },
        merchantConfig: { returnUrl: 'www.taobao.com' },
      });
    };`,
  'leave-a-loop': `module.exports = async () => {
      Promise.resolve().then(() => setTimeout(() => { for (;;); }, 0));
      return 'left';
    };`,
  'large-result': `module.exports = () => 'x'.repeat(${2 * MEGABYTE});`,
};

const query = (server, token, certifyId) =>
  invoke(server, token, 'alipay-openapi', { method: 'alipay.user.certify.open.query', params: { certify_id: certifyId } });

async function answers(server, token) {
  assert.equal((await fetch(`${server.endpoint}/healthz`)).status, 200);
  assert.deepEqual(await invoke(server, token, 'echo', { still: 'here' }), { success: true, data: { still: 'here' } });
}

test('an endless loop does not make the others wait for its end', async (t) => {
  const server = await serverFor(t, { functions: { loop: doomed.loop } });
  const token = await anonymousToken(server);
  let ended = false;
  const loop = invoke(server, token, 'loop').finally(() => {
    ended = true;
  });
  for (let round = 0; round < 5; round += 1) await answers(server, token);
  assert.equal(ended, false);
  assert.equal((await loop).success, false);
});

describe('hostile functions', { concurrency: true }, () => {
  let server;
  let token;
  before(async () => {
    server = await startServer({ functions: { ...doomed, ...tricky } });
    token = await anonymousToken(server);
  });
  after(async () => {
    try {
      // After all of it, the process that started is the one that still answers.
      assert.equal(server.child.exitCode, null);
      await alive();
    } finally {
      await server?.stop();
    }
  });

  const alive = () => answers(server, token);

  for (const name of Object.keys(doomed)) {
    test(`${name}: an error reply, while others are served`, async () => {
      const call = invoke(server, token, name);
      await alive();
      const { success, error } = await call;
      assert.equal(success, false);
      assert.match(error.code, /^(FunctionBizError|FunctionServerError|FunctionResourceExhausted|RequestTimeout|ResponseContentLength\.Exceeded)$/);
      assert.equal(typeof error.message, 'string');
      assert.ok(!error.message.includes(server.dir), 'no server paths');
      await alive();
    });
  }

  test('a polluted world stays with its function', async () => {
    await invoke(server, token, 'pollute');
    const { data } = await invoke(server, token, 'victim');
    assert.deepEqual(data, { polluted: 'no', map: [2], own: 'function' });
    assert.equal(typeof (await invoke(server, token, 'pollute')).success, 'boolean');
    await alive();
  });

  test('ctx.cloud is genuine again in the next call', async () => {
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await invoke(server, token, 'override-cloud'), { success: true, data: true });
    }
  });

  test('a function can write neither the envelope nor a token code', async () => {
    const forged = await invoke(server, token, 'forge-reply');
    assert.equal(typeof forged.success, 'boolean');
    assert.notDeepEqual(forged.data, { forged: true });

    const result = await invoke(server, token, 'forge-result');
    assert.equal(result.success, true);
    assert.equal(result.data.success, false);

    const code = await invoke(server, token, 'forge-code');
    assert.equal(code.error.code, 'FunctionBizError');
  });

  test('a function cannot become another application', async () => {
    const { data } = await invoke(server, token, 'forge-env');
    assert.equal(data.code, '10000');
    assert.match(data.certifyId, CERTIFY_ID);
    assert.equal((await query(server, token, data.certifyId)).data.code, '10000');
  });

  test('what a function leaves running harms nobody', async () => {
    assert.equal((await invoke(server, token, 'leave-a-loop')).data, 'left');
    await alive();
    assert.equal((await invoke(server, token, 'leave-a-loop')).data, 'left');
  });

  test('a result of two megabytes is fine', async () => {
    assert.equal((await invoke(server, token, 'large-result')).data.length, 2 * MEGABYTE);
  });

  test('arguments of two megabytes are fine; deeply nested ones end in a reply', async () => {
    const text = 'x'.repeat(2 * MEGABYTE);
    assert.equal((await invoke(server, token, 'echo', { text })).data.text.length, text.length);
    const deep = `{"functionTarget":"echo","functionArgs":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
    const reply = await clientCall(server, 'serverless.function.runtime.invoke', deep, { token });
    assert.equal(reply.status, 200);
    await alive();
  });

  for (const name of ['../echo', 'echo/../../x', '__proto__', 'constructor', '', ' ', 'echo\u0000', 'a'.repeat(5000)]) {
    test(`the name ${JSON.stringify(name.slice(0, 12))} reaches no file`, async () => {
      const reply = await invoke(server, token, name);
      assert.equal(reply.success, false);
      assert.ok(!JSON.stringify(reply).includes(server.dir));
    });
  }
});
