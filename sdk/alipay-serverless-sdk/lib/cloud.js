'use strict';

const { functionArgs, refuseAppAuthToken } = require('./request.js');
const { identification } = require('./identification.js');
const { isRecord, withBothSpellings } = require('./spelling.js');
const { emptyAnswer, notAClient, notInitialised, transportFailure } = require('./errors.js');
const { services } = require('./services.js');

/** The preset function that carries cloud calls. */
const TARGET = 'alipay-openapi';

const upperFirst = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Puts a service at `group.name`, and at the capitalised names that older pages use. */
function register(cloud, path, service) {
  const [group, name] = path.split('.');
  const aliases = [upperFirst(name)];
  if (path === 'base.oauth') aliases.push('OAuth');
  for (const groupName of [group, upperFirst(group)]) {
    if (!cloud[groupName]) cloud[groupName] = {};
  }
  cloud[group][name] = service;
  for (const alias of [name].concat(aliases)) cloud[upperFirst(group)][alias] = service;
}

function createCloud() {
  let client;
  let defaults;

  /** Calls and hands back the bare business object, or the text of a link. Failures of transport reject. */
  async function send(call, method, request) {
    const args = functionArgs(call, method, Object.assign({ defaults }, request));
    if (!client) throw notInitialised(call);
    let reply;
    try {
      reply = await client.function.invoke(TARGET, args);
    } catch (reason) {
      throw transportFailure(call, reason);
    }
    if (isRecord(reply) && reply.success === false) throw transportFailure(call, reply);
    const answer = isRecord(reply) ? reply.result : undefined;
    if (answer === undefined || answer === null) throw emptyAnswer(call);
    return isRecord(answer) ? withBothSpellings(answer) : answer;
  }

  const cloud = {
    init(mpServerless, options) {
      if (!mpServerless || !mpServerless.function || typeof mpServerless.function.invoke !== 'function') {
        throw notAClient();
      }
      refuseAppAuthToken('cloud.init', options);
      client = mpServerless;
      defaults = options;
    },
  };

  register(cloud, 'member.identification', identification(send));
  register(cloud, 'util.generic', {
    async execute(method, params, options) {
      return send('cloud.util.generic.execute', method, { params, options });
    },
  });
  for (const [path, service] of services(send)) register(cloud, path, service);
  return cloud;
}

module.exports = { createCloud };
