'use strict';
// The old url.parse / url.format / url.resolve with the Url object.

const errors = require('internal_errors');
const { needString } = errors;

const SLASHED = new Set(['http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss'].flatMap((p) => [p, `${p}:`]));
const isScript = (protocol) => /^javascript:?$/.test(protocol);
const HOST_END = /[\t\n\r "#%/;<>?\\^`{|}]/;
const FORBIDDEN_HOST = /[\0\t\n\r #%/:<>?@[\\\]^|]/;
const ESCAPED = /[\t\n\r "'<>\\^`{|}]/g;

function Url() {
  for (const key of ['protocol', 'slashes', 'auth', 'host', 'port', 'hostname', 'hash', 'search', 'query', 'pathname',
    'path', 'href']) this[key] = null;
}

function percent(char) {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
function invalid(input) {
  const err = errors.make(TypeError, 'ERR_INVALID_URL', 'Invalid URL');
  err.input = input;
  return err;
}

// Trims white space and turns backslashes ahead of the query into slashes.
function tidy(text) {
  const trimmed = text.replace(/^[\s\ufeff\u00a0]+|[\s\ufeff\u00a0]+$/g, '');
  const query = trimmed.search(/[?#]/);
  const head = query < 0 ? trimmed : trimmed.slice(0, query);
  return head.replace(/\\/g, '/') + (query < 0 ? '' : trimmed.slice(query));
}

Url.prototype.parse = function parse(input, parseQuery, slashesDenoteHost) {
  needString(input, 'url');
  let rest = tidy(input);
  const hashed = rest.includes('#') || input.includes('#');

  if (!slashesDenoteHost && !hashed) {
    const simple = /^(\/\/?(?!\/)[^?\s]*)(\?[^\s]*)?$/.exec(rest);
    if (simple && !input.includes('@')) {
      this.path = rest;
      this.href = rest;
      this.pathname = simple[1];
      if (simple[2]) {
        this.search = simple[2];
        this.query = simple[2].slice(1);
        if (parseQuery) this.query = require('querystring').parse(this.query);
      } else if (parseQuery) {
        this.search = null;
        this.query = Object.create(null);
      }
      return this;
    }
  }

  const scheme = /^[a-z0-9.+-]+:/i.exec(rest);
  let protocol;
  if (scheme) {
    protocol = scheme[0].toLowerCase();
    this.protocol = protocol;
    rest = rest.slice(scheme[0].length);
  }

  let slashes = false;
  if (slashesDenoteHost || scheme || /^\/\/[^@/]+@[^@/]+/.test(rest)) {
    slashes = rest.startsWith('//');
    if (slashes && !(protocol && isScript(protocol))) {
      rest = rest.slice(2);
      this.slashes = true;
    }
  }

  if (!(protocol && isScript(protocol)) && (slashes || (protocol && !SLASHED.has(protocol)))) {
    rest = this.takeAuthority(rest, input);
  }

  if (!(protocol && isScript(protocol))) rest = rest.replace(ESCAPED, percent);

  const hashAt = rest.indexOf('#');
  if (hashAt >= 0) {
    this.hash = rest.slice(hashAt);
    rest = rest.slice(0, hashAt);
  }
  const queryAt = rest.indexOf('?');
  if (queryAt >= 0) {
    this.search = rest.slice(queryAt);
    this.query = rest.slice(queryAt + 1);
    rest = rest.slice(0, queryAt);
    if (parseQuery) this.query = require('querystring').parse(this.query);
  } else if (parseQuery) {
    this.search = null;
    this.query = Object.create(null);
  }
  if (rest !== '') this.pathname = rest;
  if (protocol && SLASHED.has(protocol) && this.hostname && !this.pathname) this.pathname = '/';
  if (this.pathname || this.search) this.path = (this.pathname || '') + (this.search || '');
  this.href = this.format();
  return this;
};

// Reads [auth@]host[:port] and returns what follows it. The host ends at the
// first delimiter; an '@' ahead of the first '/', '?' or '#' ends the auth.
Url.prototype.takeAuthority = function takeAuthority(text, input) {
  const hard = text.search(/[#?/]/);
  const at = text.lastIndexOf('@', hard < 0 ? text.length : hard);
  let start = 0;
  if (at >= 0) {
    this.auth = decodeURIComponent(text.slice(0, at));
    start = at + 1;
  }
  const stop = text.slice(start).search(HOST_END);
  const end = stop < 0 ? text.length : start + stop;
  let rest = text.slice(end);
  this.host = text.slice(start, end);
  const port = /:([0-9]*)$/.exec(this.host);
  let hostname = this.host;
  if (port) {
    if (port[1] !== '') this.port = port[1];
    hostname = hostname.slice(0, -port[0].length);
  }
  const bracketed = hostname.startsWith('[') && hostname.endsWith(']');
  if (!bracketed) {
    const colon = hostname.indexOf(':');
    if (colon >= 0) {
      rest = `/${hostname.slice(colon)}${rest}`;
      hostname = hostname.slice(0, colon);
    }
  } else if (/[^0-9a-fA-F:.%\w]/.test(hostname.slice(1, -1))) throw invalid(input);
  hostname = hostname.length > 255 ? '' : hostname.toLowerCase();
  if (!bracketed && hostname !== '') {
    if (/[^\0-\x7f]/.test(hostname)) hostname = native.domainToASCII(hostname) || '';
    if (hostname === '' || FORBIDDEN_HOST.test(hostname)) throw invalid(input);
  }
  this.host = hostname + (this.port ? `:${this.port}` : '');
  this.hostname = bracketed ? hostname.slice(1, -1) : hostname;
  if (bracketed && rest[0] !== '/') rest = `/${rest}`;
  return rest;
};

Url.prototype.parseHost = function parseHost() {
  const port = /:([0-9]*)$/.exec(this.host);
  if (port) {
    if (port[1] !== '') this.port = port[1];
    this.host = this.host.slice(0, -port[0].length);
  }
  if (this.host) this.hostname = this.host;
};

Url.prototype.format = function format() {
  let auth = this.auth || '';
  if (auth) auth = `${encodeURIComponent(auth).replace(/%3A/i, ':')}@`;
  let protocol = this.protocol || '';
  let pathname = this.pathname || '';
  let hash = this.hash || '';
  let host = '';
  if (this.host) host = auth + this.host;
  else if (this.hostname) {
    const plain = this.hostname.includes(':') && !(this.hostname[0] === '[') ? `[${this.hostname}]` : this.hostname;
    host = auth + plain + (this.port ? `:${this.port}` : '');
  }
  let query = '';
  if (this.query !== null && typeof this.query === 'object') query = require('querystring').stringify(this.query);
  let search = this.search || (query && `?${query}`) || '';
  if (protocol && !protocol.endsWith(':')) protocol += ':';
  pathname = pathname.replace(/[?#]/g, percent);
  if (this.slashes || SLASHED.has(protocol)) {
    if (this.slashes || host) {
      if (pathname && pathname[0] !== '/') pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (/^file:?$/.test(protocol)) host = '//';
  }
  search = search.replace(/#/g, '%23');
  if (hash && hash[0] !== '#') hash = `#${hash}`;
  if (search && search[0] !== '?') search = `?${search}`;
  return protocol + host + pathname + search + hash;
};

Url.prototype.resolve = function resolve(relative) {
  return this.resolveObject(parse(relative, false, true)).format();
};

Url.prototype.resolveObject = function resolveObject(target) {
  const relative = typeof target === 'string' ? parse(target, false, true) : target;
  const out = Object.assign(new Url(), this);
  out.hash = relative.hash;
  if (relative.href === '') {
    out.href = out.format();
    return out;
  }
  if (relative.slashes && !relative.protocol) {
    for (const key of Object.keys(relative)) if (key !== 'protocol') out[key] = relative[key];
    if (SLASHED.has(out.protocol) && out.hostname && !out.pathname) out.path = out.pathname = '/';
    out.href = out.format();
    return out;
  }
  if (relative.protocol && relative.protocol !== out.protocol) return otherProtocol(out, relative);

  const fromRoot = Boolean(relative.host || (relative.pathname && relative.pathname[0] === '/'));
  const absolute = Boolean(out.pathname && out.pathname[0] === '/');
  let mustEnd = fromRoot || absolute || Boolean(out.host && relative.pathname);
  const removeAll = mustEnd;
  let path = (out.pathname && out.pathname.split('/')) || [];
  const given = (relative.pathname && relative.pathname.split('/')) || [];
  const bare = out.protocol && !SLASHED.has(out.protocol);

  // A scheme without slashes keeps its "host" as the first path segment.
  if (bare) {
    out.hostname = '';
    out.port = null;
    if (out.host) {
      if (path[0] === '') path[0] = out.host;
      else path.unshift(out.host);
    }
    out.host = '';
    if (relative.protocol) {
      relative.hostname = null;
      relative.port = null;
      out.auth = null;
      if (relative.host) {
        if (given[0] === '') given[0] = relative.host;
        else given.unshift(relative.host);
      }
      relative.host = null;
    }
    mustEnd = mustEnd && (given[0] === '' || path[0] === '');
  }

  if (fromRoot) {
    if (relative.host || relative.host === '') {
      if (out.host !== relative.host) out.auth = null;
      out.host = relative.host;
      out.port = relative.port;
    }
    if (relative.hostname || relative.hostname === '') {
      if (out.hostname !== relative.hostname) out.auth = null;
      out.hostname = relative.hostname;
    }
    out.search = relative.search;
    out.query = relative.query;
    path = given;
  } else if (given.length > 0) {
    path.pop();
    path = path.concat(given);
    out.search = relative.search;
    out.query = relative.query;
  } else if (relative.search !== null && relative.search !== undefined) {
    if (bare) {
      out.hostname = out.host = path.shift();
      splitAuth(out);
    }
    out.search = relative.search;
    out.query = relative.query;
    if (out.pathname !== null || out.search !== null) out.path = (out.pathname || '') + (out.search || '');
    out.href = out.format();
    return out;
  }

  if (path.length === 0) {
    out.pathname = null;
    out.path = out.search ? `/${out.search}` : null;
    out.href = out.format();
    return out;
  }

  const last = path[path.length - 1];
  const slashAtEnd = ((out.host || relative.host || path.length > 1) && (last === '.' || last === '..')) || last === '';
  let up = 0;
  for (let i = path.length - 1; i >= 0; i--) {
    if (path[i] === '.') path.splice(i, 1);
    else if (path[i] === '..') {
      path.splice(i, 1);
      up++;
    } else if (up > 0) {
      path.splice(i, 1);
      up--;
    }
  }
  if (!mustEnd && !removeAll) for (; up > 0; up--) path.unshift('..');
  if (mustEnd && path[0] !== '' && (!path[0] || path[0][0] !== '/')) path.unshift('');
  if (slashAtEnd && !path.join('/').endsWith('/')) path.push('');
  const rooted = path[0] === '' || (path[0] && path[0][0] === '/');
  if (bare) {
    out.hostname = out.host = rooted ? '' : path.length ? path.shift() : '';
    splitAuth(out);
  }
  mustEnd = mustEnd || Boolean(out.host && path.length);
  if (mustEnd && !rooted) path.unshift('');
  if (path.length === 0) {
    out.pathname = null;
    out.path = null;
  } else out.pathname = path.join('/');
  if (out.pathname !== null || out.search !== null) out.path = (out.pathname || '') + (out.search || '');
  out.auth = relative.auth || out.auth;
  out.slashes = out.slashes || relative.slashes;
  out.href = out.format();
  return out;
};

function splitAuth(out) {
  const at = out.host ? out.host.indexOf('@') : -1;
  if (at <= 0) return;
  out.auth = out.host.slice(0, at);
  out.host = out.hostname = out.host.slice(at + 1);
}

function otherProtocol(out, relative) {
  if (!SLASHED.has(relative.protocol)) {
    Object.assign(out, relative);
    out.href = out.format();
    return out;
  }
  out.protocol = relative.protocol;
  if (!relative.host && !/^file:?$/.test(relative.protocol)) {
    const path = (relative.pathname || '').split('/');
    while (path.length && !(relative.host = path.shift()));
    relative.host = relative.host || '';
    relative.hostname = relative.hostname || '';
    if (path[0] !== '') path.unshift('');
    if (path.length < 2) path.unshift('');
    out.pathname = path.join('/');
  } else out.pathname = relative.pathname;
  out.search = relative.search;
  out.query = relative.query;
  out.host = relative.host || '';
  out.auth = relative.auth;
  out.hostname = relative.hostname || relative.host;
  out.port = relative.port;
  if (out.pathname || out.search) out.path = (out.pathname || '') + (out.search || '');
  out.slashes = out.slashes || relative.slashes;
  out.href = out.format();
  return out;
}

function parse(url, parseQuery, slashesDenoteHost) {
  return url instanceof Url ? url : new Url().parse(url, parseQuery, slashesDenoteHost);
}

// Takes a Url-like object or text; a WHATWG URL with the extra options.
function format(url, options) {
  if (typeof url === 'string') return parse(url).format();
  if (url === null || typeof url !== 'object') throw errors.argType('urlObject', 'one of type object or string', url);
  const { URL } = require('url_whatwg');
  if (!(url instanceof URL)) return Url.prototype.format.call(url);
  const { fragment = true, search = true, auth = true, unicode = false } = options || {};
  const copy = new URL(url.href);
  if (!fragment) copy.hash = '';
  if (!search) copy.search = '';
  if (!auth) copy.username = copy.password = '';
  if (!unicode || !copy.hostname) return copy.href;
  return copy.href.replace(copy.hostname, require('punycode').toUnicode(copy.hostname));
}
const resolve = (from, to) => parse(from, false, true).resolve(to);
const resolveObject = (from, to) => (from ? parse(from, false, true).resolveObject(to) : to);

module.exports = { Url, parse, format, resolve, resolveObject };
