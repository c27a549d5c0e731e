// The wire without an SDK: signed requests to /client and /server, byte for byte as told.

import { createHmac, createSign } from 'node:crypto';

const SIGNED = ['method', 'params', 'spaceId', 'timestamp', 'token', 'userId'];

export function signingString(body) {
  return SIGNED.filter((name) => body[name])
    .map((name) => `${name}=${body[name]}`)
    .join('&');
}

export const hmacMd5 = (body, secret) => createHmac('md5', secret).update(signingString(body)).digest('hex');

export const rsaMd5 = (body, privateKey) => createSign('MD5').update(signingString(body)).sign(privateKey, 'hex');

/** Posts text to a door and gives status, headers and the parsed envelope. */
export async function post(url, body, sign) {
  const headers = { 'content-type': 'application/json' };
  if (sign !== undefined) headers['x-serverless-sign'] = sign;
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, envelope: JSON.parse(text) };
}

/** The body of a call; `params` becomes text, as on the wire. */
export function callBody(server, method, params, more = {}) {
  return {
    spaceId: server.ready.space_id,
    method,
    params: typeof params === 'string' ? params : JSON.stringify(params),
    timestamp: Date.now(),
    ...more,
  };
}

export function clientCall(server, method, params, more) {
  const body = callBody(server, method, params, more);
  return post(`${server.endpoint}/client`, body, hmacMd5(body, server.ready.client_secret));
}

export function serverCall(server, method, params, more) {
  const body = callBody(server, method, params, more);
  return post(`${server.endpoint}/server`, body, rsaMd5(body, server.key('server_private_key')));
}

/** Access token of a new anonymous session. */
export async function anonymousToken(server) {
  const { envelope } = await clientCall(server, 'serverless.auth.user.anonymousAuthorize', {
    clientIdentifier: server.ready.app_id,
  });
  if (!envelope.success) throw new Error(JSON.stringify(envelope));
  return envelope.data.accessToken;
}

/** Calls a function over /client and gives the envelope. */
export async function invoke(server, token, functionTarget, functionArgs = {}) {
  const params = { functionTarget, functionArgs };
  return (await clientCall(server, 'serverless.function.runtime.invoke', params, { token })).envelope;
}
