// Opens a certification and answers { code, msg, certify_id }.
module.exports = async function (ctx) {
  const certifyParams = {
    identityType: 'CERT_INFO',
    certType: 'IDENTITY_CARD',
    // A test identity: the number is well-formed and was invented for tests.
    certName: '张测试',
    certNo: '11000019900307001X',
  };
  const merchantConfig = { returnUrl: 'www.taobao.com' };

  const res = await ctx.cloud.member.identification.init({
    outerOrderNo: "piwei" + new Date().getTime(),
    bizCode: 'FACE',
    identityParam: certifyParams,
    merchantConfig: merchantConfig,
  });
  return res;
};
