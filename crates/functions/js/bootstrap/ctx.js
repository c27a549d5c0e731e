// ctx: what a handler is given. Each is bound to its call and is of no use after it.
(function (kit) {
  'use strict';

  const logger = {};
  for (const level of ['debug', 'info', 'warn', 'error']) logger[level] = (...args) => kit.log(level, args);
  logger.log = logger.info;
  kit.freeze(logger);

  // --- services that do not exist here ----------------------------------------------------------

  const unsupported = (path) => () =>
    kit.Promise.reject(kit.fault('MethodNotSupported', `${path} is not supported`));

  // Any method of it may be called; none works.
  const absent = (path, members) =>
    new Proxy(members, {
      get: (own, key) => {
        if (typeof key === 'symbol' || key === 'then' || key === 'toJSON') return undefined;
        return own[key] ?? unsupported(`${path}.${key}`);
      },
    });
  const db = absent('db', {
    __proto__: null,
    collection: (name) => absent(`db.collection('${kit.String(name)}')`, { __proto__: null }),
  });
  const file = absent('file', { __proto__: null });

  // util is large, so an extension that does not use it does not pay for it.
  const util = new Proxy({}, { get: (_, key) => kit.requireBuiltin('util')[key] });

  // --- parts of a ctx ---------------------------------------------------------------------------

  function mpserverless(call, hostCall) {
    const invoke = async (target, args) => {
      const text = args === undefined || args === null ? '{}' : kit.stringify(args);
      const reply = await hostCall('invoke', { target: kit.String(target), args: text });
      return { success: true, result: reply?.result, requestId: reply?.requestId ?? call.requestId };
    };
    const getInfo = async () => {
      const reply = await hostCall('user', {});
      return { user: reply?.user ?? reply };
    };
    return {
      function: { invoke },
      user: { getInfo },
      db,
      file,
    };
  }

  function argsOf(text) {
    const args = kit.parse(text);
    return typeof args === 'object' && args !== null && !kit.isArray(args) ? args : {};
  }

  function envOf(pairs) {
    const env = {};
    for (let i = 0; i < pairs.length; i += 2) kit.own(env, pairs[i], pairs[i + 1]);
    return env;
  }

  kit.makeCtx = (call, env, args) => {
    const hostCall = (op, payload) => kit.hostCall(call, op, payload);
    const services = mpserverless(call, hostCall);
    const ctx = {
      args: argsOf(args),
      requestId: call.requestId,
      env: envOf(env),
      logger,
      httpclient: kit.httpclient(hostCall),
      mpserverless: services,
      basement: services,
    };
    if (kit.extension !== undefined) kit.extension(ctx, hostCall, util);
    return ctx;
  };
});
