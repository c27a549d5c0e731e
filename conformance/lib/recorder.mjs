// Stands between an SDK and the server, hands everything on and remembers it, so that a test sees what an SDK hides.

import { createServer, request } from 'node:http';

/** A recorder for one test; `exchanges` lists what went through it, oldest first. */
export async function recorderFor(t, server) {
  const exchanges = [];
  const between = createServer((incoming, outgoing) => {
    relay(server, incoming).then(
      (exchange) => {
        exchanges.push(exchange);
        outgoing.writeHead(exchange.status, exchange.headers).end(exchange.body);
      },
      (problem) => outgoing.destroy(problem),
    );
  });
  await new Promise((listening) => between.listen(0, '127.0.0.1', listening));
  t.after(() => {
    between.closeAllConnections();
    return new Promise((closed) => between.close(closed));
  });
  const endpoint = `http://127.0.0.1:${between.address().port}`;
  return { endpoint, gateway: `${endpoint}/gateway.do`, exchanges, last: () => exchanges.at(-1) };
}

async function relay(server, incoming) {
  const sent = { method: incoming.method, target: incoming.url, headers: { ...incoming.headers }, body: await whole(incoming) };
  for (const name of ['host', 'connection', 'transfer-encoding', 'accept-encoding']) delete sent.headers[name];
  sent.headers['content-length'] = String(sent.body.length);
  return resend(server, sent);
}

/** Sends a recorded request once more, the same bytes. */
export async function resend(server, sent) {
  const { method, target, headers, body } = sent;
  const response = await new Promise((answered, failed) => {
    request(server.endpoint + target, { method, headers, agent: false }, answered).once('error', failed).end(body);
  });
  const rawNames = response.rawHeaders.filter((_, at) => at % 2 === 0);
  const { 'transfer-encoding': _, connection: __, ...received } = response.headers;
  return { sent, status: response.statusCode, headers: received, rawNames, body: await whole(response) };
}

async function whole(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
