'use strict';

function failure(code, message, cause) {
  const error = new Error(message);
  error.code = code;
  if (cause !== undefined) error.cause = cause;
  return error;
}

function notInitialised(call) {
  return failure(
    'NOT_INITIALIZED',
    `${call}: 请先在 app.js 中调用 cloud.init(mpServerless)。` +
      ' Call cloud.init(mpServerless) first, once, in app.js.',
  );
}

function notAClient() {
  return failure(
    'INVALID_CLIENT',
    'cloud.init: 第一个参数应为 MPServerless 实例，且具有 function.invoke 方法。' +
      ' The first argument must be an MPServerless instance with function.invoke.',
  );
}

function tokenNotAllowed(call) {
  return failure(
    'APP_AUTH_TOKEN_NOT_ALLOWED',
    `${call}: appAuthToken 仅支持在云函数中使用，小程序页面不能携带。` +
      '请编写一个云函数，在其中调用 ctx.cloud.member.identification.init(params, { appAuthToken })，' +
      '页面再用 mpServerless.function.invoke 调用该云函数。' +
      ' The interface document allows appAuthToken in cloud functions only, never in a page.' +
      ' Call ctx.cloud.member.identification.init(params, { appAuthToken }) in a cloud function' +
      ' and reach it from the page with mpServerless.function.invoke.',
  );
}

function notServed(call) {
  return failure(
    'CALL_NOT_SERVED',
    `${call}: certifyd 不提供该接口；文件与短信请在云函数中用 ctx.httpclient 发送。` +
      ' certifyd does not serve this call; send files and short messages in a cloud function by ctx.httpclient.',
  );
}

function emptyAnswer(call) {
  return failure('EMPTY_ANSWER', `${call}: 服务端没有返回结果。 The server answered without a result.`);
}

function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function firstText(...candidates) {
  return candidates.find((text) => typeof text === 'string' && text !== '');
}

/**
 * Whatever a transport rejected with, as an Error that has a `message` and keeps the `code`.
 * Clients reject with plain `{ code, message }`, with a wrapper `{ error: { … } }`, or with what the
 * runtime reported (`errorMessage`, `errMsg`).
 */
function transportFailure(call, reason) {
  if (isError(reason) && reason.message) return reason;
  const outer = reason !== null && typeof reason === 'object' ? reason : {};
  const inner = outer.error !== null && typeof outer.error === 'object' ? outer.error : outer;
  const message = firstText(
    reason,
    inner.message,
    inner.errorMessage,
    inner.errMsg,
    outer.error,
    outer.errorMessage,
    outer.errMsg,
  );
  const code = inner.code !== undefined ? inner.code : outer.error;
  return failure(
    typeof code === 'string' || typeof code === 'number' ? code : 'INVOKE_FAILED',
    message || `${call}: 调用失败，原因未知。 The call failed and no reason was given.`,
    reason,
  );
}

module.exports = { emptyAnswer, notAClient, notInitialised, notServed, tokenNotAllowed, transportFailure };
