import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import vm from 'node:vm';
import cloud from 'alipay-serverless-sdk';

const require = createRequire(import.meta.url);

test('both module systems share one instance', () => {
  const required = require('alipay-serverless-sdk');
  assert.equal(required, cloud);
  assert.equal(required.default, cloud);
  assert.equal(required.__esModule, true);
  assert.equal(typeof cloud.member.identification.init, 'function');
});

test('nothing of Node or of a browser is needed: the sources run in a bare context', async () => {
  const folder = new URL('../', import.meta.url);
  const context = vm.createContext(Object.create(null));
  const loaded = new Map();
  const load = (path) => {
    if (!loaded.has(path)) {
      const module = { exports: {} };
      loaded.set(path, module);
      const wrapper = `(function (module, exports, require) {${readFileSync(new URL(path, folder), 'utf8')}\n})`;
      const near = (name) => load(new URL(name, new URL(path, folder)).href.slice(folder.href.length));
      vm.runInContext(wrapper, context)(module, module.exports, near);
    }
    return loaded.get(path).exports;
  };

  const bare = load('index.js');
  const invoke = async () => ({ success: true, result: { code: '10000', certify_id: 'a' } });
  bare.init({ function: { invoke } });
  assert.equal((await bare.member.identification.init({ outerOrderNo: 'o' })).certifyId, 'a');
  assert.equal(loaded.size, readdirSync(new URL('lib/', folder)).length + 1);
});
