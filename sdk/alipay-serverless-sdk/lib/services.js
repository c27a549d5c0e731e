'use strict';

const { notServed } = require('./errors.js');
const { readArguments } = require('./spelling.js');

/** Transfers differ in their product only. */
const transfer = (productCode, name, more) => ({
  [name]: [
    'alipay.fund.trans.uni.transfer',
    '',
    Object.assign({ productCode, bizScene: 'DIRECT_TRANSFER' }, more),
  ],
  query: ['alipay.fund.trans.common.query', '', { productCode, bizScene: 'DIRECT_TRANSFER' }],
});

/**
 * The services beside identification: which OpenAPI method each call is, the order of its positional
 * arguments, and what it always says. Whether a page may call the method is for the server to decide.
 */
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

/** Files and short messages travel in another way than the methods above. */
const UNSERVED = { 'aliyun.shortMessage': 'send batchSend', 'merchant.item': 'uploadFile' };

const words = (text) => text.split(' ').filter((word) => word !== '');

function service(send, path) {
  const calls = {};
  for (const name of Object.keys(SERVICES[path] || {})) {
    const [method, names, fixed] = SERVICES[path][name];
    calls[name] = async (...args) => {
      const { params, options } = readArguments(args, words(names || ''));
      return send(`cloud.${path}.${name}`, method, { params: Object.assign({}, params, fixed), options });
    };
  }
  for (const name of words(UNSERVED[path] || '')) {
    calls[name] = () => Promise.reject(notServed(`cloud.${path}.${name}`));
  }
  return calls;
}

/** Pairs of path and service, on top of `send(call, method, request)`. */
function services(send) {
  const paths = Object.keys(SERVICES).concat(Object.keys(UNSERVED));
  return [...new Set(paths)].map((path) => [path, service(send, path)]);
}

module.exports = { SERVICES, services };
