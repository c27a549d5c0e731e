'use strict';

const { notServed } = require('./errors.js');

/** What the package offers elsewhere and certifyd does not serve. Each call rejects and says so. */
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
  'mini.version':
    'upload applyAudit cancelAudit online offline rollback grayOnline grayCancel detail queryBuild cancel delete' +
    ' createExperience cancelExperience',
  'mini.qrcode': 'bind unbind',
  'mini.individual': 'certify',
  'mini.member': 'createDeveloper createExperiencer',
};

function unservedServices() {
  return Object.keys(UNSERVED).map((path) => {
    const service = {};
    for (const name of UNSERVED[path].split(' ')) {
      service[name] = () => Promise.reject(notServed(`cloud.${path}.${name}`));
    }
    return [path, service];
  });
}

module.exports = { unservedServices };
