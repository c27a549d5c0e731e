'use strict';
// assert and assert.strict. Messages are generated, but a failing assert(x)
// does not quote the source line. Not covered: CallTracker.

const { AssertionError } = require('assert_error');
const equality = require('util_equal');
const errors = require('internal_errors');
const types = require('util_types');

function assert(...args) { check(assert, args); }
function ok(...args) { check(ok, args); }

function check(start, args) {
  const [value, message] = args;
  if (value) return;
  if (args.length === 0) {
    throw failure({ actual: value, expected: true, operator: '==', message: 'No value argument passed to `assert.ok()`', start }, true);
  }
  if (message instanceof Error) throw message;
  const generated = message === undefined || message === null;
  throw failure({
    actual: value, expected: true, operator: '==', start,
    message: generated ? 'The expression evaluated to a falsy value' : message,
  }, generated);
}

function failure({ start, ...options }, generated) {
  const err = new AssertionError({ ...options, stackStartFn: start });
  if (generated) err.generatedMessage = true;
  return err;
}
function raise(options) {
  if (options.message instanceof Error) throw options.message;
  throw failure(options);
}
function needTwo(count) {
  if (count < 2) {
    throw errors.make(TypeError, 'ERR_MISSING_ARGS', 'The "actual" and "expected" arguments must be specified');
  }
}

const comparisons = {
  equal: ['==', (a, b) => a == b || (a !== a && b !== b)],
  notEqual: ['!=', (a, b) => !(a == b || (a !== a && b !== b))],
  strictEqual: ['strictEqual', (a, b) => Object.is(a, b)],
  notStrictEqual: ['notStrictEqual', (a, b) => !Object.is(a, b)],
  deepEqual: ['deepEqual', (a, b) => equality.isDeepEqual(a, b)],
  notDeepEqual: ['notDeepEqual', (a, b) => !equality.isDeepEqual(a, b)],
  deepStrictEqual: ['deepStrictEqual', (a, b) => equality.isDeepStrictEqual(a, b)],
  notDeepStrictEqual: ['notDeepStrictEqual', (a, b) => !equality.isDeepStrictEqual(a, b)],
};
for (const name of Object.keys(comparisons)) {
  const [operator, holds] = comparisons[name];
  const method = { [name](actual, expected, message) {
    needTwo(arguments.length);
    if (!holds(actual, expected)) raise({ actual, expected, message, operator, start: method });
  } }[name];
  assert[name] = method;
}

assert.fail = function fail(message) {
  if (message instanceof Error) throw message;
  const generated = message === undefined;
  throw failure({ message: generated ? 'Failed' : message, operator: 'fail', start: fail }, generated);
};

assert.ifError = function ifError(value) {
  if (value === null || value === undefined) return;
  let message = 'ifError got unwanted exception: ';
  if (typeof value === 'object' && typeof value.message === 'string') {
    message += value.message.length === 0 && value.constructor ? value.constructor.name : value.message;
  } else message += require('util_inspect').inspect(value);
  throw failure({ actual: value, expected: null, operator: 'ifError', message, start: ifError });
};

function matching(name, wanted) {
  return function (text, pattern, message) {
    if (!types.isRegExp(pattern)) throw errors.argType('regexp', 'an instance of RegExp', pattern);
    if (typeof text === 'string' && (pattern.exec(text) !== null) === wanted) return;
    if (message instanceof Error) throw message;
    const generated = !message;
    const { inspect } = require('util_inspect');
    const said = typeof text !== 'string'
      ? `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`
      : `The input ${wanted ? 'did not match the regular expression' : 'was expected to not match the regular expression'} ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`;
    throw failure({ actual: text, expected: pattern, operator: name, message: generated ? said : message }, generated);
  };
}
assert.match = matching('match', true);
assert.doesNotMatch = matching('doesNotMatch', false);

// ---- throws and rejects ---------------------------------------------------

const NONE = Symbol('no error');

function caught(fn) {
  errors.needFunction(fn, 'fn');
  try { fn(); } catch (err) { return err; }
  return NONE;
}
async function caughtAsync(input) {
  let promise = input;
  if (typeof input === 'function') {
    promise = input();
    if (!isThenable(promise)) {
      throw errors.make(TypeError, 'ERR_INVALID_RETURN_VALUE',
        `Expected instance of Promise to be returned from the "promiseFn" function but got ${promise === null ? 'null' : `type ${typeof promise}`}.`);
    }
  } else if (!isThenable(input)) throw errors.argType('promiseFn', 'of type function or an instance of Promise', input);
  try { await promise; } catch (err) { return err; }
  return NONE;
}
function isThenable(value) {
  return value instanceof Promise || (value !== null && typeof value === 'object'
    && typeof value.then === 'function' && typeof value.catch === 'function');
}

function expectThrown(name, actual, expected, message) {
  if (typeof expected === 'string') {
    if (message !== undefined) {
      throw errors.argType('error', 'of type function or an instance of Error, RegExp, or Object', expected);
    }
    if (actual !== NONE && (actual === expected || (actual && actual.message === expected))) {
      throw errors.make(TypeError, 'ERR_AMBIGUOUS_ARGUMENT', `The "error/message" argument is ambiguous. The error ${
        actual === expected ? '' : 'message '}"${expected}" is identical to the message.`);
    }
    message = expected;
    expected = undefined;
  } else if (expected !== undefined && expected !== null && typeof expected !== 'object' && typeof expected !== 'function') {
    throw errors.argType('error', 'of type function or an instance of Error, RegExp, or Object', expected);
  }
  if (actual === NONE) {
    const what = name === 'rejects' ? 'rejection' : 'exception';
    const text = `Missing expected ${what}${expected && expected.name ? ` (${expected.name})` : ''}${message ? `: ${message}` : '.'}`;
    if (message instanceof Error) throw message;
    throw failure({ actual: undefined, expected, operator: name, message: text });
  }
  if (expected !== undefined && expected !== null) compareThrown(name, actual, expected, message);
}

function compareThrown(name, actual, expected, message) {
  const { inspect } = require('util_inspect');
  const fail = (text) => {
    if (message instanceof Error) throw message;
    throw failure({ actual, expected, operator: name, message: message || text }, !message);
  };
  if (typeof expected !== 'function') {
    if (types.isRegExp(expected)) {
      if (expected.exec(String(actual)) !== null) return;
      fail(`The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(actual))}\n`);
    }
    if (actual === null || (typeof actual !== 'object' && typeof actual !== 'function')) {
      if (message instanceof Error) throw message;
      throw failure({ actual, expected, operator: name, message }, !message);
    }
    const keys = Object.keys(expected);
    if (expected instanceof Error) keys.push('name', 'message');
    else if (keys.length === 0) throw errors.argValue('error', expected, 'may not be an empty object');
    for (const key of keys) {
      if (typeof actual[key] === 'string' && types.isRegExp(expected[key]) && expected[key].exec(actual[key]) !== null) continue;
      if (!(key in actual) || !equality.isDeepStrictEqual(actual[key], expected[key])) {
        fail(`Expected values to be strictly deep-equal:\n+ actual - expected\n\n+ ${key}: ${inspect(actual[key])}\n- ${key}: ${inspect(expected[key])}`);
      }
    }
    return;
  }
  if (expected.prototype !== undefined && actual instanceof expected) return;
  if (Object.prototype.isPrototypeOf.call(Error, expected) || expected === Error) {
    fail(`The error is expected to be an instance of "${expected.name}". Received ${actual instanceof Error
      ? `"${actual.constructor && actual.constructor.name}"` : `"${inspect(actual, { depth: -1 })}"`}${
      actual && actual.message ? `\n\nError message:\n\n${actual.message}` : ''}`);
  }
  const result = expected.call({}, actual);
  if (result !== true) {
    fail(`The ${expected.name ? `"${expected.name}" ` : ''}validation function is expected to return "true". Received ${inspect(result)}${
      actual instanceof Error ? `\n\nCaught error:\n\n${actual}` : ''}`);
  }
}

function expectQuiet(name, actual, expected, message) {
  if (actual === NONE) return;
  if (typeof expected === 'string') [message, expected] = [expected, undefined];
  const matches = () => {
    if (typeof expected === 'function') {
      if (expected.prototype !== undefined && actual instanceof expected) return true;
      return !Object.prototype.isPrototypeOf.call(Error, expected) && expected.call({}, actual) === true;
    }
    if (types.isRegExp(expected)) return expected.exec(String(actual)) !== null;
    throw errors.argType('expected', 'of type function or an instance of RegExp', expected);
  };
  if (expected && !matches()) throw actual;
  const what = name === 'doesNotReject' ? 'rejection' : 'exception';
  throw failure({
    actual, expected, operator: name,
    message: `Got unwanted ${what}${message ? `: ${message}` : '.'}\nActual message: "${actual && actual.message}"`,
  });
}

assert.throws = function throws(fn, expected, message) { expectThrown('throws', caught(fn), expected, message); };
assert.doesNotThrow = function doesNotThrow(fn, expected, message) { expectQuiet('doesNotThrow', caught(fn), expected, message); };
assert.rejects = async function rejects(promiseFn, expected, message) {
  expectThrown('rejects', await caughtAsync(promiseFn), expected, message);
};
assert.doesNotReject = async function doesNotReject(promiseFn, expected, message) {
  expectQuiet('doesNotReject', await caughtAsync(promiseFn), expected, message);
};

assert.ok = ok;
assert.AssertionError = AssertionError;

function strict(...args) { check(strict, args); }
Object.assign(strict, assert, {
  equal: assert.strictEqual,
  deepEqual: assert.deepStrictEqual,
  notEqual: assert.notStrictEqual,
  notDeepEqual: assert.notDeepStrictEqual,
});
strict.strict = strict;
assert.strict = strict;

module.exports = assert;
