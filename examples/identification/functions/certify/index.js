// Answers { body }: the link under which the person is verified.
module.exports = async function (ctx) {
  const { certifyId, appAuthToken } = ctx.args;
  return ctx.cloud.member.identification.certify({ certifyId }, { appAuthToken });
};
