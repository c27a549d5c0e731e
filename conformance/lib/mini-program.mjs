// A stand-in for the mini-program runtime: the global object `my`, and the page functions of the runtime.

import MPServerless from '@alicloud/mpserverless-sdk';

/** Numbers by which the runtime reports that a request failed. */
const NETWORK_TROUBLE = 12;
const TIMED_OUT = 13;
const NOT_JSON = 14;
const HTTP_STATUS = 19;

let authCodes = 0;

// The SDK takes the auth code from the global object, whatever object its constructor was given.
globalThis.my = {
  getAuthCode({ scopes, complete }) {
    authCodes += 1;
    complete(scopes === 'auth_base' ? { authCode: `conformance-auth-code-${authCodes}` } : { error: 11 });
  },
};

/** `my.request` over `fetch`; `origin()` may send a client to where the server listens now. */
function requestOver(record, origin) {
  return ({ url, method, data, headers, timeout, complete }) => {
    const target = origin ? new URL(new URL(url).pathname, origin()) : url;
    const sent = { url: String(target), method: data.method, body: data, headers: { ...headers } };
    record.push(sent);
    send(target, { method, headers, body: JSON.stringify(data), timeout }).then((answer) => {
      // A copy: the SDK takes the answer apart.
      sent.answer = structuredClone(answer);
      complete(answer);
    });
  };
}

async function send(url, { timeout, ...request }) {
  let response;
  let text;
  try {
    response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeout) });
    text = await response.text();
  } catch (problem) {
    return { error: problem.name === 'TimeoutError' ? TIMED_OUT : NETWORK_TROUBLE, errorMessage: problem.message };
  }
  if (!response.ok) return { error: HTTP_STATUS, status: response.status, errorMessage: `HTTP ${response.status}` };
  try {
    // The runtime hands header names on as they came over the wire; undici gives lower case.
    return { status: response.status, headers: Object.fromEntries(response.headers), data: JSON.parse(text) };
  } catch {
    return { error: NOT_JSON, errorMessage: 'not JSON' };
  }
}

/** A client of the published SDK, set up for this server, and the list of the requests it made. */
export function clientFor(server, { origin, ...settings } = {}) {
  const requests = [];
  const sdk = new MPServerless({ request: requestOver(requests, origin) }, {
    appId: server.ready.app_id,
    spaceId: server.ready.space_id,
    clientSecret: server.ready.client_secret,
    endpoint: server.endpoint,
    timeout: 30_000,
    ...settings,
  });
  return { sdk, requests, sentMethods: () => requests.map(({ method }) => method) };
}

/** The same, already signed in without an account. */
export async function anonymousClient(server, settings) {
  const client = clientFor(server, settings);
  await client.sdk.init({ authorType: 'anonymous' });
  return client;
}
