'use strict';
// The URL class over the host's parser, fileURLToPath and pathToFileURL.
// Not covered: createObjectURL and revokeObjectURL.

const errors = require('internal_errors');
const { URLSearchParams, load, watch } = require('url_search_params');
const customInspect = Symbol.for('nodejs.util.inspect.custom');

function invalid(input, base) {
  const err = errors.make(TypeError, 'ERR_INVALID_URL', 'Invalid URL');
  err.input = input;
  if (base !== undefined) err.base = base;
  return err;
}
function parse(input, base) {
  return native.urlParse(`${input}`, base === undefined ? undefined : `${base}`);
}

class URL {
  #parts;
  #params = null;
  constructor(input, base = undefined) {
    if (arguments.length === 0) throw errors.make(TypeError, 'ERR_MISSING_ARGS', 'The "url" argument must be specified');
    this.#parts = parse(input, base);
    if (!this.#parts) throw invalid(`${input}`, base === undefined ? undefined : `${base}`);
  }
  static canParse(input, base = undefined) {
    if (arguments.length === 0) throw errors.make(TypeError, 'ERR_MISSING_ARGS', 'The "url" argument must be specified');
    return Boolean(parse(input, base));
  }
  static parse(input, base = undefined) {
    return URL.canParse(input, base) ? new URL(input, base) : null;
  }
  #set(part, value) {
    const parts = native.urlSet(this.#parts.href, part, `${value}`);
    if (!parts) return;
    this.#parts = parts;
    if (this.#params && part === 'search') load(this.#params, parts.search);
  }
  get href() { return this.#parts.href; }
  set href(value) {
    const parts = parse(value);
    if (!parts) throw invalid(`${value}`);
    this.#parts = parts;
    if (this.#params) load(this.#params, parts.search);
  }
  get origin() { return this.#parts.origin; }
  get protocol() { return this.#parts.protocol; }
  set protocol(value) { this.#set('protocol', value); }
  get username() { return this.#parts.username; }
  set username(value) { this.#set('username', value); }
  get password() { return this.#parts.password; }
  set password(value) { this.#set('password', value); }
  get host() { return this.#parts.host; }
  set host(value) { this.#set('host', value); }
  get hostname() { return this.#parts.hostname; }
  set hostname(value) { this.#set('hostname', value); }
  get port() { return this.#parts.port; }
  set port(value) { this.#set('port', value); }
  get pathname() { return this.#parts.pathname; }
  set pathname(value) { this.#set('pathname', value); }
  get search() { return this.#parts.search; }
  set search(value) { this.#set('search', value); }
  get hash() { return this.#parts.hash; }
  set hash(value) { this.#set('hash', value); }
  get searchParams() {
    if (!this.#params) {
      this.#params = new URLSearchParams();
      load(this.#params, this.#parts.search);
      watch(this.#params, (query) => {
        const parts = native.urlSet(this.#parts.href, 'search', query);
        if (parts) this.#parts = parts;
      });
    }
    return this.#params;
  }
  toString() { return this.#parts.href; }
  toJSON() { return this.#parts.href; }
  [customInspect](depth, options, inspect) {
    if (typeof depth === 'number' && depth < 0) return this;
    const shown = {};
    for (const name of NAMES) if (name !== 'toString' && name !== 'toJSON') shown[name] = this[name];
    return `${this.constructor.name} ${inspect(shown, options)}`;
  }
}
const NAMES = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search',
  'searchParams', 'hash', 'toString', 'toJSON'];
for (const name of NAMES) {
  Object.defineProperty(URL.prototype, name, { ...Object.getOwnPropertyDescriptor(URL.prototype, name), enumerable: true });
}
Object.defineProperty(URL.prototype, Symbol.toStringTag, { value: 'URL', configurable: true });

function fileURLToPath(input) {
  const url = typeof input === 'string' ? new URL(input) : input;
  if (url === null || typeof url !== 'object' || !url.href || !url.protocol) {
    throw errors.argType('path', 'of type string or an instance of URL', input);
  }
  if (url.protocol !== 'file:') throw errors.make(TypeError, 'ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file');
  if (url.hostname !== '') {
    throw errors.make(TypeError, 'ERR_INVALID_FILE_URL_HOST', 'File URL host must be "localhost" or empty on linux');
  }
  if (/%2f/i.test(url.pathname)) {
    throw errors.make(TypeError, 'ERR_INVALID_FILE_URL_PATH', 'File URL path must not include encoded / characters');
  }
  return decodeURIComponent(url.pathname);
}
function pathToFileURL(name) {
  errors.needString(name, 'path');
  let resolved = require('path').resolve(name);
  if (name.endsWith('/') && !resolved.endsWith('/')) resolved += '/';
  const url = new URL('file:///');
  url.pathname = resolved.replace(/[%\\\n\r\t?#]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  return url;
}
function urlToHttpOptions(url) {
  const options = {
    __proto__: null, ...url,
    protocol: url.protocol,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    hash: url.hash, search: url.search, pathname: url.pathname,
    path: `${url.pathname || ''}${url.search || ''}`,
    href: url.href,
  };
  if (url.port !== '') options.port = Number(url.port);
  if (url.username || url.password) {
    options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  }
  return options;
}

module.exports = { URL, fileURLToPath, pathToFileURL, urlToHttpOptions };
