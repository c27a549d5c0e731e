import cloud from 'alipay-serverless-sdk';

// Test identities: well-formed and invented for tests.
const certifyParams = {
  identityType: 'CERT_INFO',
  certType: 'IDENTITY_CARD',
  certName: '王测试',
  certNo: '110000199003070036',
};
const merchantConfig = { returnUrl: 'www.taobao.com' };

Page({
  data: { certifyId: '', passed: '', problem: '' },

  // alipay-serverless-sdk 1.0.0 and later
  identifyByObject() {
    return this.identify({
      init: () =>
        cloud.member.identification.init({
          outerOrderNo: "piwei" + new Date().getTime(),
          bizCode: 'FACE',
          identityParam: certifyParams,
          merchantConfig: merchantConfig,
        }),
      certify: (certifyId) => cloud.member.identification.certify({ certifyId }),
      query: (certifyId) => cloud.member.identification.query({ certifyId }),
    });
  },

  // alipay-serverless-sdk before 1.0.0
  identifyByPosition() {
    return this.identify({
      init: () =>
        cloud.member.identification.init("piwei" + new Date().getTime(), 'FACE', certifyParams, merchantConfig),
      certify: (certifyId) => cloud.member.identification.certify(certifyId),
      query: (certifyId) => cloud.member.identification.query(certifyId),
    });
  },

  async identify({ init, certify, query }) {
    this.setData({ certifyId: '', passed: '', problem: '' });
    try {
      await getApp().signedIn;

      const opened = await init();
      if (opened.code !== '10000') return this.showRefusal(opened);
      const { certifyId } = opened;
      this.setData({ certifyId });

      const link = await certify(certifyId);
      if (!link.body) return this.showRefusal(link);
      await this.verify(certifyId, link.body);

      // What the client reports can be forged; only the server's answer counts.
      const result = await query(certifyId);
      if (result.code !== '10000') return this.showRefusal(result);
      this.setData({ passed: result.passed });
    } catch (e) {
      this.setData({ problem: e.message });
    }
  },

  verify(certifyId, url) {
    return new Promise((resolve) => my.startAPVerify({ url, certifyId, complete: resolve }));
  },

  showRefusal({ subCode, subMsg }) {
    this.setData({ problem: `${subCode}: ${subMsg}` });
  },
});
