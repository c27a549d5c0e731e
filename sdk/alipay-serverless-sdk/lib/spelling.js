'use strict';

// Names travel as snake_case in requests, and in both spellings in answers.

function snakeName(name) {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z\d])/g, '$1_$2')
    .toLowerCase();
}

function camelName(name) {
  return name.replace(/_+([a-zA-Z\d])/g, (match, next, at) => (at === 0 ? match : next.toUpperCase()));
}

/** True for plain records; dates and everything else with its own JSON form are left alone. */
function isRecord(value) {
  return Object.prototype.toString.call(value) === '[object Object]' && typeof value.toJSON !== 'function';
}

/** A deep copy with snake_case names. The original is not touched. */
function toSnake(value) {
  if (Array.isArray(value)) return value.map(toSnake);
  if (!isRecord(value)) return value;
  const copy = {};
  for (const name of Object.keys(value)) copy[snakeName(name)] = toSnake(value[name]);
  return copy;
}

/** A copy in which every top-level member is there under both spellings. Nested values stay as they are. */
function withBothSpellings(answer) {
  const copy = Object.assign({}, answer);
  for (const name of Object.keys(answer)) {
    for (const spelling of [camelName(name), snakeName(name)]) {
      if (!Object.prototype.hasOwnProperty.call(copy, spelling)) copy[spelling] = answer[name];
    }
  }
  return copy;
}

/**
 * Turns the arguments of either form into one record and the options that follow it.
 * An object in first place means the form of 1.0.0 and later: `(params, options)`.
 * Anything else means the older one: `(value, value, …, options)`, in the order of `names`.
 */
function readArguments(args, names) {
  if (isRecord(args[0])) return { params: args[0], options: args[1] };
  const params = {};
  names.forEach((name, index) => {
    params[name] = args[index];
  });
  return { params, options: args[names.length] };
}

module.exports = { camelName, isRecord, readArguments, snakeName, toSnake, withBothSpellings };
