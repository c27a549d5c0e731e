'use strict';
// querystring: parse, stringify, escape, unescape with Node's defaults
// (1000 keys at most, '+' as space, malformed %xx kept as text).

// Percent-decoding that never throws; bytes are read as UTF-8, lossily.
function unescapeBuffer(text) {
  const source = String(text);
  const out = [];
  for (let i = 0; i < source.length; i++) {
    const pair = source[i] === '%' ? source.slice(i + 1, i + 3) : '';
    if (/^[0-9a-fA-F]{2}$/.test(pair)) {
      out.push(parseInt(pair, 16));
      i += 2;
    } else out.push(source.charCodeAt(i));
  }
  return require('buffer').Buffer.from(out);
}
function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text).toString();
  }
}

function escape(value) {
  let text = value;
  if (typeof text !== 'string') text = typeof text === 'object' ? String(text) : `${text}`;
  if (/^[A-Za-z0-9\-_.!~*'()]*$/.test(text)) return text;
  try {
    return encodeURIComponent(text);
  } catch {
    throw require('internal_errors').make(URIError, 'ERR_INVALID_URI', 'URI malformed');
  }
}

function scalar(value) {
  switch (typeof value) {
    case 'string': return value;
    case 'number': return Number.isFinite(value) ? `${value}` : '';
    case 'bigint': return `${value}`;
    case 'boolean': return value ? 'true' : 'false';
    default: return '';
  }
}

function stringify(object, separator, equals, options) {
  const sep = separator || '&';
  const eq = equals || '=';
  const encode = options && typeof options.encodeURIComponent === 'function' ? options.encodeURIComponent : exports.escape;
  if (object === null || typeof object !== 'object') return '';
  const out = [];
  for (const key of Object.keys(object)) {
    const value = object[key];
    const head = encode(scalar(key)) + eq;
    if (Array.isArray(value)) for (const item of value) out.push(head + encode(scalar(item)));
    else out.push(head + encode(scalar(value)));
  }
  return out.join(sep);
}

function parse(text, separator, equals, options) {
  const out = Object.create(null);
  if (typeof text !== 'string' || text === '') return out;
  const sep = separator ? `${separator}` : '&';
  const eq = equals ? `${equals}` : '=';
  let limit = 1000;
  if (options && typeof options.maxKeys === 'number') limit = options.maxKeys > 0 ? options.maxKeys : Infinity;
  const custom = options && typeof options.decodeURIComponent === 'function' ? options.decodeURIComponent : exports.unescape;
  const decode = (part) => {
    const plain = part.includes('+') ? part.replace(/\+/g, custom === unescape ? ' ' : '%20') : part;
    if (custom === unescape && !/%[0-9a-fA-F]{2}/.test(plain)) return plain;
    try { return custom(plain); } catch { return unescape(plain); }
  };
  for (const pair of text.split(sep)) {
    if (pair === '') continue;
    if (limit-- <= 0) break;
    const at = pair.indexOf(eq);
    const key = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + eq.length));
    if (!(key in out)) out[key] = value;
    else if (Array.isArray(out[key])) out[key].push(value);
    else out[key] = [out[key], value];
  }
  return out;
}

module.exports = exports = { parse, stringify, escape, unescape, unescapeBuffer, decode: parse, encode: stringify };
