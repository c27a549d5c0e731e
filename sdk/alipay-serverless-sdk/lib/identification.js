'use strict';

const { isRecord } = require('./spelling.js');

const METHOD = {
  init: 'alipay.user.certify.open.initialize',
  certify: 'alipay.user.certify.open.certify',
  query: 'alipay.user.certify.open.query',
};

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

/** `cloud.member.identification` on top of `send(call, method, request)`. */
function identification(send) {
  const call = (name) => `cloud.member.identification.${name}`;

  return {
    init(...args) {
      const request = readArguments(args, ['outerOrderNo', 'bizCode', 'identityParam', 'merchantConfig']);
      return send(call('init'), METHOD.init, request);
    },

    async certify(...args) {
      const request = readArguments(args, ['certifyId']);
      const answer = await send(call('certify'), METHOD.certify, Object.assign(request, { extra: { pageExec: 'get' } }));
      // A link arrives as text; a refusal is a business object like any other.
      return typeof answer === 'string' ? { body: answer } : answer;
    },

    query(...args) {
      return send(call('query'), METHOD.query, readArguments(args, ['certifyId']));
    },
  };
}

module.exports = { identification };
