// Opens a certification for another merchant, who has authorised this application.
// The caller of the function hands over the merchant's token: { appAuthToken }.
module.exports = async function (ctx) {
  const certifyParams = {
    identityType: 'CERT_INFO',
    certType: 'IDENTITY_CARD',
    certName: '李测试',
    certNo: '110000199003070028',
  };
  const merchantConfig = { returnUrl: 'www.taobao.com' };

  const res = await ctx.cloud.member.identification.init(
    {
      outerOrderNo: "piwei" + new Date().getTime(),
      bizCode: 'FACE',
      identityParam: certifyParams,
      merchantConfig: merchantConfig,
    },
    { appAuthToken: ctx.args.appAuthToken },
  );
  return res;
};
