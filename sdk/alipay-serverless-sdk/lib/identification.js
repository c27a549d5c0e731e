'use strict';

const { readArguments } = require('./spelling.js');

const METHOD = {
  init: 'alipay.user.certify.open.initialize',
  certify: 'alipay.user.certify.open.certify',
  query: 'alipay.user.certify.open.query',
};

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
