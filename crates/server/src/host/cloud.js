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

  // The other services: which method each call is, the order of its positional arguments, and what
  // it always says. Whether the method is served is for the server to decide.
  const transfer = (productCode, name, more) => ({
    [name]: [
      'alipay.fund.trans.uni.transfer',
      '',
      { productCode, bizScene: 'DIRECT_TRANSFER', ...more },
    ],
    query: ['alipay.fund.trans.common.query', '', { productCode, bizScene: 'DIRECT_TRANSFER' }],
  });
  const SERVICES = {
    'base.oauth': {
      getToken: ['alipay.system.oauth.token', 'code', { grantType: 'authorization_code' }],
      refreshToken: ['alipay.system.oauth.token', 'refreshToken', { grantType: 'refresh_token' }],
      getAppToken: ['alipay.open.auth.token.app', 'code', { grantType: 'authorization_code' }],
      refreshAppToken: ['alipay.open.auth.token.app', 'refreshToken', { grantType: 'refresh_token' }],
    },
    'base.qrcode': { create: ['alipay.open.app.qrcode.create', 'urlParam queryParam describe'] },
    'marketing.templateMessage': {
      send: ['alipay.open.app.mini.templatemessage.send', 'toUserId formId userTemplateId page data'],
    },
    'marketing.exchangevoucher': {
      create: ['alipay.marketing.exchangevoucher.template.create'],
      send: ['alipay.marketing.voucher.send'],
      use: ['alipay.marketing.exchangevoucher.use'],
      query: ['alipay.marketing.voucher.query'],
    },
    'payment.common': {
      create: ['alipay.trade.create', 'subject outTradeNo totalAmount buyerId'],
      query: ['alipay.trade.query', 'outTradeNo'],
      refund: ['alipay.trade.refund', 'outTradeNo refundAmount'],
      close: ['alipay.trade.close', 'outTradeNo'],
      cancel: ['alipay.trade.cancel', 'outTradeNo'],
    },
    'payment.huabei': {
      create: ['alipay.trade.create', 'subject outTradeNo totalAmount buyerId extendParams'],
    },
    'payment.faceToFace': {
      pay: ['alipay.trade.pay', 'subject outTradeNo totalAmount authCode', { scene: 'bar_code' }],
    },
    'fund.transferAccount': transfer('TRANS_ACCOUNT_NO_PWD', 'transfer'),
    'fund.transferBankcard': transfer('TRANS_BANKCARD_NO_PWD', 'transfer'),
    'fund.b2cRedPacket': transfer('STD_RED_PACKET', 'send', {
      businessParams: '{"sub_biz_scene":"REDPACKET"}',
    }),
    'security.textRisk': { detect: ['alipay.security.risk.content.detect', 'content'] },
    'instantdelivery.company': {
      query: ['alipay.commerce.logistics.logisticscompany.instantdelivery.query'],
    },
    'instantdelivery.invoice': {
      create: ['alipay.commerce.logistics.invoice.istdwaybill.create'],
      query: ['alipay.commerce.logistics.invoice.istdwaybill.query'],
    },
    'instantdelivery.order': {
      precreate: ['alipay.commerce.logistics.order.instantdelivery.precreate'],
      create: ['alipay.commerce.logistics.order.instantdelivery.create'],
      cancel: ['alipay.commerce.logistics.order.instantdelivery.cancel'],
      preconsult: ['alipay.commerce.logistics.order.istdcancel.preconsult'],
      query: ['alipay.commerce.logistics.waybill.istddetail.query'],
    },
    'merchant.order': {
      sync: ['alipay.merchant.order.sync'],
      batchquery: ['alipay.merchant.order.digest.consumer.batchquery'],
      query: ['alipay.merchant.order.consumer.query'],
    },
    'merchant.item': {
      query: ['ant.merchant.expand.item.open.query'],
      batchquery: ['ant.merchant.expand.item.open.batchquery'],
      delete: ['ant.merchant.expand.item.open.delete'],
      create: ['ant.merchant.expand.item.open.create'],
      modify: ['ant.merchant.expand.item.open.modify'],
    },
    'mini.version': {
      upload: ['alipay.open.mini.version.upload'],
      applyAudit: ['alipay.open.mini.version.audit.apply'],
      cancelAudit: ['alipay.open.mini.version.audit.cancel'],
      online: ['alipay.open.mini.version.online'],
      offline: ['alipay.open.mini.version.offline'],
      rollback: ['alipay.open.mini.version.rollback'],
      grayOnline: ['alipay.open.mini.version.gray.online'],
      grayCancel: ['alipay.open.mini.version.gray.cancel'],
      detail: ['alipay.open.mini.version.detail.query'],
      queryBuild: ['alipay.open.mini.version.build.query'],
      cancel: ['alipay.open.mini.version.audited.cancel'],
      delete: ['alipay.open.mini.version.delete'],
      createExperience: ['alipay.open.mini.experience.create'],
      cancelExperience: ['alipay.open.mini.experience.cancel'],
    },
    'mini.qrcode': {
      bind: ['alipay.open.mini.qrcode.bind'],
      unbind: ['alipay.open.mini.qrcode.unbind'],
    },
    'mini.individual': { certify: ['alipay.open.mini.individual.business.certify'] },
    'mini.member': {
      createDeveloper: ['alipay.open.app.members.create', '', { role: 'DEVELOPER' }],
      createExperiencer: ['alipay.open.app.members.create', '', { role: 'EXPERIENCER' }],
    },
  };
  // Files and short messages travel in another way than the methods above.
  const UNSERVED = { 'aliyun.shortMessage': 'send batchSend', 'merchant.item': 'uploadFile' };
  const refuse = (path) => async () => {
    const error = new Error(`${path} is not served here; send files and short messages by ` +
      'ctx.httpclient');
    error.code = 'MethodNotSupported';
    throw error;
  };

  const upper = (name) => name[0].toUpperCase() + name.slice(1);

  // Made when it is first asked for: a call uses one service or none, and to make all of them costs
  // more than a small function does.
  const { defineProperty, freeze } = Object;
  const later = (object, name, make) => {
    const become = (value) => defineProperty(object, name,
      { value, writable: true, enumerable: true, configurable: true });
    defineProperty(object, name, {
      get: () => become(make())[name],
      set: become,
      enumerable: true,
      configurable: true,
    });
  };
  // Under the capitalised name of older code too.
  const both = (object, name, make) => {
    later(object, name, make);
    later(object, upper(name), () => object[name]);
  };

  // The services of each group; frozen, hence the same for all of a call.
  const GROUPS = {};
  for (const path of new Set([...Object.keys(SERVICES), ...Object.keys(UNSERVED)])) {
    const [group, name] = path.split('.');
    (GROUPS[group] ??= []).push([name, path]);
  }
  const serviceOf = (hostCall, path) => {
    const service = {};
    for (const [name, [method, names = '', fixed]] of Object.entries(SERVICES[path] ?? {})) {
      service[name] = async (...args) => {
        const [params, options] = takes(names.split(' ').filter(Boolean), args);
        return send(hostCall, method, { ...params, ...fixed }, options, false);
      };
    }
    for (const name of (UNSERVED[path] ?? '').split(' ').filter(Boolean)) {
      service[name] = refuse(`cloud.${path}.${name}`);
    }
    return freeze(service);
  };
  const groupOf = (hostCall, name) => {
    const group = {};
    for (const [service, path] of GROUPS[name]) {
      group[service] = group[upper(service)] = serviceOf(hostCall, path);
    }
    if (name === 'base') group.OAuth = group.oauth;
    return freeze(group);
  };

  const identificationOf = (hostCall) => ({
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
  });

  const cloudOf = (hostCall) => {
    const cloud = {};
    both(cloud, 'member', () => {
      const identification = identificationOf(hostCall);
      return { identification, Identification: identification };
    });
    both(cloud, 'util', () => {
      const generic = {
        execute: async (method, params, options) => send(hostCall, String(method),
          isObject(params) ? params : {}, options, method === METHODS.certify),
      };
      return { generic, Generic: generic };
    });
    for (const name of Object.keys(GROUPS)) both(cloud, name, () => groupOf(hostCall, name));
    return cloud;
  };

  return (ctx, hostCall) => {
    later(ctx, 'cloud', () => cloudOf(hostCall));
    // Documentation samples reach the services without `cloud`.
    for (const name of ['member', 'util', 'base']) later(ctx, name, () => ctx.cloud[name]);
  };
})()
