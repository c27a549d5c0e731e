'use strict';
// AssertionError and the messages assert generates.

const { inspect } = require('util_inspect');
const { argType, markCoded } = require('internal_errors');

const TITLES = {
  __proto__: null,
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
};

function show(value) {
  return inspect(value, { compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, sorted: true, getters: true });
}

// Longest common subsequence of two short lists of lines, as marked lines.
function diff(before, after) {
  if (before.length * after.length > 250000) {
    return [...before.map((line) => `+ ${line}`), ...after.map((line) => `- ${line}`)];
  }
  const best = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      best[i][j] = before[i] === after[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    }
  }
  const out = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      out.push(`  ${before[i]}`);
      i++;
      j++;
    } else if (j >= after.length || (i < before.length && best[i + 1][j] >= best[i][j + 1])) out.push(`+ ${before[i++]}`);
    else out.push(`- ${after[j++]}`);
  }
  return out;
}

function generate(actual, expected, operator) {
  const title = TITLES[operator];
  const lines = show(actual).split('\n');
  if (title === undefined) {
    return `${show(actual)} ${operator} ${show(expected)}`;
  }
  if (operator.startsWith('not')) {
    if (lines.length > 50) lines.splice(46, lines.length, '...');
    return lines.length === 1 && lines[0].length <= 5 ? `${title} ${lines[0]}` : `${title}\n\n${lines.join('\n')}\n`;
  }
  const wanted = show(expected).split('\n');
  const simple = lines.length === 1 && wanted.length === 1;
  if (simple && lines[0] === wanted[0]) {
    return operator === 'strictEqual'
      ? `Values have same structure but are not reference-equal:\n\n${lines[0]}\n`
      : `Values identical but not ${operator}:\n\n${lines[0]}\n`;
  }
  if (simple && lines[0].length + wanted[0].length <= 80 && (actual === null || typeof actual !== 'object')
    && (expected === null || typeof expected !== 'object')) {
    return `${title}\n\n${lines[0]} !== ${wanted[0]}\n`;
  }
  const body = diff(lines, wanted);
  if (body.length > 60) body.splice(56, body.length, '...');
  return `${title}\n+ actual - expected\n\n${body.join('\n')}`;
}

class AssertionError extends Error {
  constructor(options) {
    if (options === null || typeof options !== 'object') throw argType('options', 'of type object', options);
    const { message, operator, actual, expected, stackStartFn } = options;
    const given = message !== undefined && message !== null;
    super(given ? String(message) : generate(actual, expected, operator));
    this.generatedMessage = !given;
    Object.defineProperty(this, 'name', { value: 'AssertionError', enumerable: false, writable: true, configurable: true });
    this.code = 'ERR_ASSERTION';
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    markCoded(this);
    if (typeof Error.captureStackTrace === 'function') Error.captureStackTrace(this, stackStartFn || AssertionError);
  }
  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

module.exports = { AssertionError };
