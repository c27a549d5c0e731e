// Answers { code, msg, passed, … }; `passed` is 'T', or 'F' for failed and not done yet.
module.exports = async function (ctx) {
  const { certifyId, appAuthToken } = ctx.args;
  return ctx.cloud.member.identification.query({ certifyId }, { appAuthToken });
};
