// ctx.cloud: cloud services as calls of a reserved function. Evaluated before any user code.
(() => {
  'use strict';
  const METHODS = {
    init: 'alipay.user.certify.open.initialize',
    certify: 'alipay.user.certify.open.certify',
    query: 'alipay.user.certify.open.query',
    status: 'certifyd.certification.status',
  };
  const IDENTITY = { certifyId: 'certify_id', outerOrderNo: 'outer_order_no', bizCode: 'biz_code',
    identityParam: 'identity_param', merchantConfig: 'merchant_config',
    faceContrastPicture: 'face_contrast_picture', waitSeconds: 'wait_seconds',
    knownState: 'known_state' };
  const OPTIONS = { appAuthToken: 'appAuthToken', app_auth_token: 'appAuthToken',
    authToken: 'authToken', auth_token: 'authToken', notifyUrl: 'notifyUrl', notify_url: 'notifyUrl' };

  const isObject = (value) => typeof value === 'object' && value !== null;

  // Options of the second argument win over members of the first that mean the same.
  const configOf = (params, options) => {
    const config = {};
    for (const source of [params, options]) {
      if (!isObject(source)) continue;
      for (const name of Object.keys(OPTIONS)) {
        if (source[name] !== undefined && source[name] !== null && source[name] !== '') {
          config[OPTIONS[name]] = source[name];
        }
      }
    }
    return config;
  };

  const send = async (hostCall, method, params, options, pageExec) => {
    const business = {};
    for (const name of Object.keys(params)) {
      if (!Object.hasOwn(OPTIONS, name)) business[IDENTITY[name] ?? name] = params[name];
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

  // What the documents name beyond this exists, and says when called that it is not served.
  const UNSERVED = {
    'base.oauth': 'getToken refreshToken getAppToken refreshAppToken',
    'base.qrcode': 'create',
    'marketing.templateMessage': 'send',
    'marketing.exchangevoucher': 'create send use query',
    'payment.common': 'create query refund close cancel',
    'payment.huabei': 'create',
    'payment.faceToFace': 'pay',
    'fund.transferAccount': 'transfer query',
    'fund.transferBankcard': 'transfer query',
    'fund.b2cRedPacket': 'send query',
    'security.textRisk': 'detect',
    'aliyun.shortMessage': 'send batchSend',
    'instantdelivery.company': 'query',
    'instantdelivery.invoice': 'create query',
    'instantdelivery.order': 'precreate create cancel preconsult query',
    'merchant.order': 'sync batchquery query',
    'merchant.item': 'query batchquery delete uploadFile create modify',
    'mini.version': 'upload applyAudit cancelAudit online offline rollback grayOnline grayCancel ' +
      'detail queryBuild cancel delete createExperience cancelExperience',
    'mini.qrcode': 'bind unbind',
    'mini.individual': 'certify',
    'mini.member': 'createDeveloper createExperiencer',
  };
  const refuse = (path) => async () => {
    const error = new Error(`${path} is not served here; certifyd serves cloud.member.identification ` +
      'and cloud.util.generic.execute of the same methods');
    error.code = 'MethodNotSupported';
    throw error;
  };

  const upper = (name) => name[0].toUpperCase() + name.slice(1);
  // A service is also found under the capitalised names that older code uses.
  const register = (cloud, path, service) => {
    const [group, name] = path.split('.');
    cloud[group] ??= {};
    cloud[upper(group)] ??= cloud[group];
    cloud[group][name] = service;
    cloud[group][upper(name)] = service;
  };

  const freeze = Object.freeze;
  const unserved = {};
  for (const path of Object.keys(UNSERVED)) {
    const service = {};
    for (const name of UNSERVED[path].split(' ')) service[name] = refuse(`cloud.${path}.${name}`);
    register(unserved, path, freeze(service));
  }
  unserved.base.OAuth = unserved.base.oauth;
  // One set for all calls of an isolate, hence not to be changed by any.
  Object.values(unserved).forEach(freeze);
  freeze(unserved);

  return (ctx, hostCall) => {
    const identification = {
      init: async (...args) => {
        const names = ['outerOrderNo', 'bizCode', 'identityParam', 'merchantConfig'];
        const [params, options] = takes(names, args);
        return send(hostCall, METHODS.init, params, options, false);
      },
      certify: async (...args) => {
        const [params, options] = takes(['certifyId'], args);
        const result = await send(hostCall, METHODS.certify, params, options, true);
        return typeof result === 'string' ? { body: result } : result;
      },
      query: async (...args) => {
        const [params, options] = takes(['certifyId'], args);
        return send(hostCall, METHODS.query, params, options, false);
      },
      status: async (...args) => {
        const [params, options] = takes(['certifyId'], args);
        return send(hostCall, METHODS.status, params, options, false);
      },
    };
    const generic = {
      execute: async (method, params, options) =>
        send(hostCall, String(method), isObject(params) ? params : {}, options, method === METHODS.certify),
    };

    const cloud = { ...unserved };
    register(cloud, 'member.identification', identification);
    register(cloud, 'util.generic', generic);
    ctx.cloud = cloud;
    // Documentation samples reach the services without `cloud`.
    ctx.member = cloud.member;
    ctx.util = cloud.util;
    ctx.base = cloud.base;
  };
})()
