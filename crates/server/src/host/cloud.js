// ctx.cloud: cloud services as calls of a reserved function. Evaluated before any user code.
(ctx, hostCall) => {
  'use strict';
  const METHODS = {
    init: 'alipay.user.certify.open.initialize',
    certify: 'alipay.user.certify.open.certify',
    query: 'alipay.user.certify.open.query',
  };
  const IDENTITY = { certifyId: 'certify_id', outerOrderNo: 'outer_order_no', bizCode: 'biz_code',
    identityParam: 'identity_param', merchantConfig: 'merchant_config',
    faceContrastPicture: 'face_contrast_picture' };
  const OPTIONS = ['appAuthToken', 'app_auth_token', 'authToken', 'auth_token'];

  const isObject = (value) => typeof value === 'object' && value !== null;

  // Options of the second argument win over members of the first that mean the same.
  const configOf = (params, options) => {
    const config = {};
    for (const source of [params, options]) {
      if (!isObject(source)) continue;
      for (const name of OPTIONS) {
        if (typeof source[name] === 'string' && source[name] !== '') {
          config[name.startsWith('app') ? 'appAuthToken' : 'authToken'] = source[name];
        }
      }
      const url = source.notifyUrl ?? source.notify_url;
      if (typeof url === 'string') config.notify = { url };
    }
    return config;
  };

  const call = async (method, params, options, pageExec) => {
    const business = {};
    for (const name of Object.keys(params)) {
      if (!OPTIONS.includes(name)) business[IDENTITY[name] ?? name] = params[name];
    }
    business.$config = configOf(params, options);
    if (pageExec) business.pageExec = 'get';
    const reply = await hostCall('invoke', {
      target: 'alipay-openapi',
      args: JSON.stringify({ method, params: business, source: 'server' }),
    });
    return reply.result;
  };

  // One object, or positional arguments as before version 1.0.0, told apart by the first.
  const takes = (names, args) => {
    if (isObject(args[0])) return [args[0], args[1]];
    const params = {};
    names.forEach((name, index) => { params[name] = args[index]; });
    return [params, args[names.length]];
  };

  const identification = {
    init: async (...args) => {
      const names = ['outerOrderNo', 'bizCode', 'identityParam', 'merchantConfig'];
      const [params, options] = takes(names, args);
      return call(METHODS.init, params, options, false);
    },
    certify: async (...args) => {
      const [params, options] = takes(['certifyId'], args);
      const result = await call(METHODS.certify, params, options, true);
      return typeof result === 'string' ? { body: result } : result;
    },
    query: async (...args) => {
      const [params, options] = takes(['certifyId'], args);
      return call(METHODS.query, params, options, false);
    },
  };
  const generic = {
    execute: async (method, params, options) =>
      call(String(method), isObject(params) ? params : {}, options, method === METHODS.certify),
  };

  // Any other service exists as a name and says, when called, that it is not served.
  const refuse = (path) => new Proxy(async () => {
    const error = new Error(`${path} is not served here; certifyd serves ` +
      'cloud.member.identification.init, .certify, .query and cloud.util.generic.execute of the same methods');
    error.code = 'MethodNotSupported';
    throw error;
  }, { get: (target, key) => (typeof key === 'symbol' || key === 'then' || key in target
    ? target[key] : refuse(`${path}.${key}`)) });
  const upper = (name) => name[0].toUpperCase() + name.slice(1);
  const namespace = (path, members) => {
    for (const name of Object.keys(members)) {
      if (typeof members[name] !== 'function') members[upper(name)] = members[name];
    }
    return new Proxy(members, { get: (target, key) =>
      (typeof key === 'symbol' || key === 'then' || key === 'toJSON' || key in target
        ? target[key] : refuse(`${path}.${key}`)) });
  };

  ctx.cloud = namespace('cloud', {
    member: namespace('cloud.member', { identification }),
    util: namespace('cloud.util', { generic }),
  });
  // Documentation samples reach the services without `cloud`.
  ctx.member = ctx.cloud.member;
  ctx.util = ctx.cloud.util;
};
