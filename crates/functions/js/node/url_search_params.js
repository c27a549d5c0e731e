'use strict';
// URLSearchParams (WHATWG), and how a URL object binds one to its query.

const errors = require('internal_errors');
const customInspect = Symbol.for('nodejs.util.inspect.custom');

function decodePart(text) {
  const plain = text.replace(/\+/g, ' ');
  if (!plain.includes('%')) return plain;
  const bytes = new Uint8Array(native.utf8Encode(plain));
  const out = [];
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 37 && i + 2 < bytes.length ? String.fromCharCode(bytes[i + 1], bytes[i + 2]) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      out.push(parseInt(hex, 16));
      i += 2;
    } else out.push(bytes[i]);
  }
  return native.utf8Decode(Uint8Array.from(out).buffer, false);
}
function parsePairs(text) {
  const out = [];
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    out.push(at < 0 ? [decodePart(pair), ''] : [decodePart(pair.slice(0, at)), decodePart(pair.slice(at + 1))]);
  }
  return out;
}
function encodePart(text) {
  if (/^[A-Za-z0-9*\-._]*$/.test(text)) return text;
  let out = '';
  for (const byte of new Uint8Array(native.utf8Encode(text))) {
    const char = String.fromCharCode(byte);
    if (byte < 128 && /[A-Za-z0-9*\-._]/.test(char)) out += char;
    else if (byte === 32) out += '+';
    else out += `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`;
  }
  return out;
}
const usv = (value) => `${value}`.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

function missing(...names) {
  const list = names.map((name) => `"${name}"`).join(' and ');
  return errors.make(TypeError, 'ERR_MISSING_ARGS', `The ${list} argument${names.length > 1 ? 's' : ''} must be specified`);
}

// The pairs and the owning URL's change hook live outside the class so that
// URL can reload the first and set the second.
const state = new WeakMap();
function inner(params) {
  const found = state.get(params);
  if (!found) throw errors.make(TypeError, 'ERR_INVALID_THIS', 'Value of "this" must be of type URLSearchParams');
  return found;
}
function changed(own) {
  if (own.onChange) own.onChange(serialize(own.pairs));
}
function serialize(pairs) {
  return pairs.map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`).join('&');
}

function initial(init) {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object' && typeof init !== 'function') {
    const text = usv(init);
    return parsePairs(text[0] === '?' ? text.slice(1) : text);
  }
  const iterate = init[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    const pairs = [];
    for (const key of Reflect.ownKeys(init)) {
      const own = Reflect.getOwnPropertyDescriptor(init, key);
      if (own === undefined || !own.enumerable) continue;
      const name = usv(key);
      const existing = pairs.find((pair) => pair[0] === name);
      if (existing) existing[1] = usv(init[key]);
      else pairs.push([name, usv(init[key])]);
    }
    return pairs;
  }
  if (typeof iterate !== 'function') {
    throw errors.make(TypeError, 'ERR_ARG_NOT_ITERABLE', 'Query pairs must be iterable');
  }
  const bad = () => errors.make(TypeError, 'ERR_INVALID_TUPLE', 'Each query pair must be an iterable [name, value] tuple');
  const pairs = [];
  for (const pair of init) {
    if (pair === null || (typeof pair !== 'object' && typeof pair !== 'function') || typeof pair[Symbol.iterator] !== 'function') throw bad();
    const items = [...pair];
    if (items.length !== 2) throw bad();
    pairs.push([usv(items[0]), usv(items[1])]);
  }
  return pairs;
}

const iteratorProto = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), {
  next: {
    writable: true, configurable: true, enumerable: true,
    value() {
      const { pairs } = this.own;
      if (this.index >= pairs.length) return { value: undefined, done: true };
      return { value: this.pick(pairs[this.index++]), done: false };
    },
  },
  [Symbol.toStringTag]: { value: 'URLSearchParams Iterator', configurable: true },
});
function iterator(own, pick) {
  return Object.create(iteratorProto, { own: { value: own }, index: { value: 0, writable: true }, pick: { value: pick } });
}

class URLSearchParams {
  constructor(init = undefined) {
    state.set(this, { pairs: initial(init), onChange: null });
  }
  get size() { return inner(this).pairs.length; }
  append(name, value) {
    const own = inner(this);
    if (arguments.length < 2) throw missing('name', 'value');
    own.pairs.push([usv(name), usv(value)]);
    changed(own);
  }
  delete(name, value = undefined) {
    const own = inner(this);
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    if (value !== undefined) value = usv(value);
    own.pairs = own.pairs.filter((pair) => pair[0] !== name || (value !== undefined && pair[1] !== value));
    changed(own);
  }
  get(name) {
    const own = inner(this);
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    const found = own.pairs.find((pair) => pair[0] === name);
    return found ? found[1] : null;
  }
  getAll(name) {
    const own = inner(this);
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    return own.pairs.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }
  has(name, value = undefined) {
    const own = inner(this);
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    if (value !== undefined) value = usv(value);
    return own.pairs.some((pair) => pair[0] === name && (value === undefined || pair[1] === value));
  }
  set(name, value) {
    const own = inner(this);
    if (arguments.length < 2) throw missing('name', 'value');
    name = usv(name);
    value = usv(value);
    const first = own.pairs.find((pair) => pair[0] === name);
    if (first) {
      first[1] = value;
      own.pairs = own.pairs.filter((pair) => pair === first || pair[0] !== name);
    } else own.pairs.push([name, value]);
    changed(own);
  }
  sort() {
    const own = inner(this);
    own.pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    changed(own);
  }
  entries() { return iterator(inner(this), (pair) => [pair[0], pair[1]]); }
  forEach(callback, thisArg = undefined) {
    const own = inner(this);
    errors.needFunction(callback, 'callback');
    for (let i = 0; i < own.pairs.length; i++) callback.call(thisArg, own.pairs[i][1], own.pairs[i][0], this);
  }
  keys() { return iterator(inner(this), (pair) => pair[0]); }
  values() { return iterator(inner(this), (pair) => pair[1]); }
  toString() { return serialize(inner(this).pairs); }
  [customInspect](depth, options, inspect) {
    if (depth !== null && depth !== undefined && depth < 0) return '[Object]';
    const show = (value) => inspect(value, options);
    const shown = inner(this).pairs.map(([name, value]) => `${show(name)} => ${show(value)}`);
    if (shown.length === 0) return 'URLSearchParams {}';
    const line = shown.join(', ');
    return line.length <= options.breakLength && !line.includes('\n')
      ? `URLSearchParams { ${line} }` : `URLSearchParams {\n  ${shown.join(',\n  ')} }`;
  }
}
const proto = URLSearchParams.prototype;
for (const name of ['size', 'append', 'delete', 'get', 'getAll', 'has', 'set', 'sort', 'entries', 'forEach', 'keys', 'values', 'toString']) {
  Object.defineProperty(proto, name, { ...Object.getOwnPropertyDescriptor(proto, name), enumerable: true });
}
Object.defineProperty(proto, Symbol.iterator, { value: proto.entries, writable: true, configurable: true });
Object.defineProperty(proto, Symbol.toStringTag, { value: 'URLSearchParams', configurable: true });

// For URL: replaces the pairs from a query, and reports later changes.
function load(params, query) {
  state.get(params).pairs = parsePairs(query[0] === '?' ? query.slice(1) : query);
}
function watch(params, onChange) {
  state.get(params).onChange = onChange;
}

module.exports = { URLSearchParams, load, watch };
