// Evaluates the built-ins in a context without Node globals, over a `native`
// made of Node's own parts, so that Node itself can serve as the oracle.
import assert from 'node:assert';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import url from 'node:url';
import vm from 'node:vm';

const nodeRequire = createRequire(import.meta.url);
const folder = new URL('../node/', import.meta.url);
const context = vm.createContext({ queueMicrotask, setTimeout, clearTimeout, setImmediate, clearImmediate, console });
const inner = (source) => vm.runInContext(source, context);
const InnerArrayBuffer = inner('ArrayBuffer');

function give(bytes) {
  const out = new InnerArrayBuffer(bytes.length);
  new Uint8Array(out).set(bytes);
  return out;
}
const PARTS = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin'];
const urlParts = (parsed) => Object.fromEntries(PARTS.map((name) => [name, parsed[name]]));
const native = {
  hash: (alg, data) => give(crypto.createHash(alg).update(new Uint8Array(data)).digest()),
  hmac: (alg, key, data) => give(crypto.createHmac(alg, new Uint8Array(key)).update(new Uint8Array(data)).digest()),
  random: (n) => give(crypto.randomBytes(n)),
  utf8Encode: (text) => give(new TextEncoder().encode(text)),
  utf8Decode(data, fatal) {
    try { return new TextDecoder('utf-8', { fatal, ignoreBOM: true }).decode(new Uint8Array(data)); } catch { return null; }
  },
  base64Encode: (data) => Buffer.from(new Uint8Array(data)).toString('base64'),
  urlParse(input, base) {
    try { return urlParts(new URL(input, base)); } catch { return null; }
  },
  urlSet(href, part, value) {
    const parsed = new URL(href);
    parsed[part] = value;
    return urlParts(parsed);
  },
  domainToASCII: (name) => url.domainToASCII(name),
  hrtime: () => performance.now(),
};

const loaded = new Map();
export function load(name) {
  const file = name.replace(/^node:/, '').replaceAll('/', '_');
  if (loaded.has(file)) return loaded.get(file).exports;
  const source = fs.readFileSync(new URL(`${file}.js`, folder), 'utf8');
  const module = { exports: {} };
  loaded.set(file, module);
  const run = vm.runInContext(`(function (exports, require, module, native, intrinsics) {${source}\n})`, context, { filename: `${file}.js` });
  run.call(module.exports, module.exports, load, module, native, {});
  return module.exports;
}

// The same source run against ours and against Node's modules.
const make = (evaluate) => (source) => evaluate(`(function (require, Buffer) { 'use strict'; return (${source}\n); })`);
const ours = make(inner);
const theirs = make((text) => (0, eval)(text));
export const inside = (source) => ours(source)(load, load('buffer').Buffer);
export const outside = (source) => theirs(source)(nodeRequire, Buffer);

// What a source gives: its value (as JSON unless a string), or error name and code.
function outcome(run, source) {
  try {
    const value = run(source);
    return typeof value === 'string' ? value : JSON.stringify(value, (key, item) => (typeof item === 'bigint' ? `${item}n`
      : Object.is(item, -0) ? '-0' : typeof item === 'number' && !Number.isFinite(item) ? String(item) : item));
  } catch (err) {
    return `throws ${err.name}${err.code === undefined ? '' : ` ${err.code}`}`;
  }
}
// Compares a table of sources; reports every difference at once.
export function same(sources) {
  const wrong = [];
  for (const source of sources) {
    const [got, want] = [outcome(inside, source), outcome(outside, source)];
    if (got !== want) wrong.push(`${source}\n   ours: ${got}\n   node: ${want}`);
  }
  assert.equal(wrong.length, 0, `${wrong.length} of ${sources.length} differ\n${wrong.join('\n')}`);
}

// Small seeded generator.
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return {
    next, below,
    pick: (list) => list[below(list.length)],
    text: (alphabet, max) => Array.from({ length: below(max + 1) }, () => alphabet[below(alphabet.length)]).join(''),
  };
}
export const lit = (value) => JSON.stringify(value);
