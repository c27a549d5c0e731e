'use strict';
// Text helpers of util.inspect: quoting, display width, terminal sequences.

const { argType } = require('internal_errors');

const ansi = /[\u001B\u009B][[\]()#;?]*(?:(?:(?:[a-zA-Z\d]*(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?\u0007)|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-ntqry=><~]))/g;
function stripVTControlCharacters(text) {
  if (typeof text !== 'string') throw argType('str', 'of type string', text);
  return text.replace(ansi, '');
}

// Without colour sequences, where the options ask for colours.
function plain(ctx, text) {
  return ctx.colors ? text.replace(ansi, '') : text;
}

const unsafe = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const unsafeAll = new RegExp(unsafe, 'g');
const short = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', '\\': '\\\\', __proto__: null };

function quote(text) {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes('`') && !text.includes('${')) mark = '`';
  } else if (!unsafe.test(text)) return `'${text}'`;
  const escaped = text.replace(unsafeAll, (char) => {
    if (char === "'") return mark === "'" ? "\\'" : char;
    if (short[char]) return short[char];
    const code = char.charCodeAt(0).toString(16).toUpperCase();
    return code.length > 2 ? `\\u${code.toLowerCase()}` : `\\x${code.padStart(2, '0')}`;
  });
  return mark + escaped + mark;
}

// The inside of a quoted text, with apostrophes as they are.
function escaped(text) {
  return text.replace(unsafeAll, (char) => (char === "'" ? char : quote(char).slice(1, -1)));
}

function width(ctx, text) {
  text = plain(ctx, text);
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const char of text.normalize('NFC')) {
    const code = char.codePointAt(0);
    if (code < 32 || (code >= 0x7f && code < 0xa0) || /\p{Mn}|\p{Me}|\p{Cf}/u.test(char)) continue;
    columns += isWide(code) ? 2 : 1;
  }
  return columns;
}
function isWide(code) {
  return code >= 0x1100 && (code <= 0x115f || code === 0x2329 || code === 0x232a
    || (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) || (code >= 0x3250 && code <= 0x4dbf)
    || (code >= 0x4e00 && code <= 0xa4c6) || (code >= 0xa960 && code <= 0xa97c) || (code >= 0xac00 && code <= 0xd7a3)
    || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe10 && code <= 0xfe19) || (code >= 0xfe30 && code <= 0xfe6b)
    || (code >= 0xff01 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1b000 && code <= 0x1b001)
    || (code >= 0x1f200 && code <= 0x1f251) || (code >= 0x1f300 && code <= 0x1f64f)
    || (code >= 0x1f900 && code <= 0x1f9ff) || (code >= 0x20000 && code <= 0x3fffd));
}

module.exports = { stripVTControlCharacters, plain, quote, escaped, width };
