'use strict';
// punycode (RFC 3492): decode and encode, with domain names on top. toASCII
// uses the host's IDNA mapping where it accepts the name.

const BASE = 36;
const [T_MIN, T_MAX, SKEW, DAMP, FIRST_BIAS, FIRST_CODE] = [1, 26, 38, 700, 72, 128];

function adapt(delta, count, first) {
  let rest = first ? Math.floor(delta / DAMP) : delta >> 1;
  rest += Math.floor(rest / count);
  let steps = 0;
  while (rest > ((BASE - T_MIN) * T_MAX) >> 1) {
    rest = Math.floor(rest / (BASE - T_MIN));
    steps += BASE;
  }
  return steps + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
const threshold = (k, bias) => (k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias);
const digit = (value) => String.fromCharCode(value < 26 ? value + 97 : value + 22);
const ucs2decode = (text) => Array.from(text, (char) => char.codePointAt(0));
const ucs2encode = (codes) => codes.map((code) => String.fromCodePoint(code)).join('');

function decode(input) {
  const cut = Math.max(input.lastIndexOf('-'), 0);
  const out = [];
  for (let i = 0; i < cut; i++) {
    const code = input.charCodeAt(i);
    if (code >= 128) throw new RangeError('Illegal input >= 0x80 (not a basic code point)');
    out.push(code);
  }
  let code = FIRST_CODE;
  let at = 0;
  let bias = FIRST_BIAS;
  for (let i = cut > 0 ? cut + 1 : 0; i < input.length;) {
    const before = at;
    for (let weight = 1, k = BASE; ; k += BASE) {
      if (i >= input.length) throw new RangeError('Invalid input');
      const char = input.charCodeAt(i++);
      const value = char >= 48 && char < 58 ? char - 22 : char >= 65 && char < 91 ? char - 65 : char >= 97 && char < 123 ? char - 97 : BASE;
      if (value >= BASE) throw new RangeError('Invalid input');
      at += value * weight;
      if (at > 0x7fffffff) throw new RangeError('Overflow: input needs wider integers to process');
      const limit = threshold(k, bias);
      if (value < limit) break;
      weight *= BASE - limit;
    }
    const size = out.length + 1;
    bias = adapt(at - before, size, before === 0);
    code += Math.floor(at / size);
    at %= size;
    out.splice(at++, 0, code);
  }
  return ucs2encode(out);
}

function encode(input) {
  const codes = ucs2decode(input);
  let out = codes.filter((code) => code < 128).map((code) => String.fromCharCode(code)).join('');
  const basic = out.length;
  let done = basic;
  if (basic > 0) out += '-';
  let code = FIRST_CODE;
  let delta = 0;
  let bias = FIRST_BIAS;
  while (done < codes.length) {
    const next = Math.min(...codes.filter((c) => c >= code));
    delta += (next - code) * (done + 1);
    if (delta > 0x7fffffff) throw new RangeError('Overflow: input needs wider integers to process');
    code = next;
    for (const current of codes) {
      if (current < code) delta++;
      if (current !== code) continue;
      let rest = delta;
      for (let k = BASE; ; k += BASE) {
        const limit = threshold(k, bias);
        if (rest < limit) break;
        out += digit(limit + ((rest - limit) % (BASE - limit)));
        rest = Math.floor((rest - limit) / (BASE - limit));
      }
      out += digit(rest);
      bias = adapt(delta, done + 1, done === basic);
      delta = 0;
      done++;
    }
    delta++;
    code++;
  }
  return out;
}

function labels(domain, map) {
  const at = domain.indexOf('@') < 0 ? 0 : domain.lastIndexOf('@') + 1;
  return domain.slice(0, at) + domain.slice(at).replace(/[\u3002\uff0e\uff61]/g, '.').split('.').map(map).join('.');
}
const toUnicode = (domain) => labels(domain, (label) => (/^xn--/.test(label) ? decode(label.slice(4).toLowerCase()) : label));
function toASCII(domain) {
  if (!domain.includes('@') && /[^\0-\x7f]/.test(domain)) {
    const mapped = native.domainToASCII(domain);
    if (mapped) return mapped;
  }
  return labels(domain, (label) => (/[^\0-\x7f]/.test(label) ? `xn--${encode(label)}` : label));
}

module.exports = { version: '2.1.0', ucs2: { decode: ucs2decode, encode: ucs2encode }, decode, encode, toASCII, toUnicode };
