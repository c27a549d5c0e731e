// Every service beside identification, here and in cloud functions: the same methods with the same content.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import vm from 'node:vm';
import { createRequire } from 'node:module';
import { cloudOver } from './stand-in.mjs';

const { SERVICES } = createRequire(import.meta.url)('../lib/services.js');
const script = new URL('../../../crates/server/src/host/cloud.js', import.meta.url);

/** `ctx.cloud` of a function, and what it has sent. */
async function functionCloud() {
  const calls = [];
  const ctx = {};
  const install = vm.runInThisContext(await readFile(script, 'utf8'));
  install(ctx, async (op, payload) => {
    calls.push(JSON.parse(payload.args));
    return { result: { code: '10000' } };
  });
  return { cloud: ctx.cloud, calls };
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const snaked = (params) =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name === '$config' ? name : snake(name), value]));

const all = Object.entries(SERVICES).flatMap(([path, calls]) =>
  Object.entries(calls).map(([name, [method, names = '', fixed = {}]]) => ({ path, name, method, names, fixed })),
);
const at = (cloud, path) => path.split('.').reduce((place, name) => place[name], cloud);

test('there are as many services as the documents name', () => {
  assert.equal(all.length, 59);
});

for (const { path, name, method, names, fixed } of all) {
  test(`cloud.${path}.${name}`, async () => {
    const page = cloudOver({ code: '10000' });
    const inFunction = await functionCloud();
    const positional = names.split(' ').filter(Boolean);
    const params = Object.fromEntries(positional.map((member) => [member, `${member}-value`]));
    const forms = [[{ ...params, moreOfIt: 1 }]];
    if (positional.length > 0) forms.push(Object.values(params));
    for (const args of forms) {
      await at(page.cloud, path)[name](...args);
      await at(inFunction.cloud, path)[name](...args);
      const [sent, sentToo] = [page.calls.pop().args, inFunction.calls.pop()];
      assert.equal(sent.method, method);
      assert.equal(sentToo.method, method);
      const expected = snaked({ ...params, ...(args.length === 1 && args[0].moreOfIt ? { moreOfIt: 1 } : {}), ...fixed });
      assert.deepEqual({ ...sent.params, $config: undefined }, { ...expected, $config: undefined });
      assert.deepEqual({ ...snaked(sentToo.params), $config: undefined }, { ...expected, $config: undefined });
    }
  });
}
