// The page SDK's types: a page and a CommonJS module compile, and what must not compile does not.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('types of alipay-serverless-sdk', () => {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const folder = fileURLToPath(new URL('types', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
