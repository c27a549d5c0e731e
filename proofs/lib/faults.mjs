// Callers that fail in the middle of a request.

import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const SLOW_MS = 50;

function connect(gateway) {
  const { hostname, port } = new URL(gateway);
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => {}); // The server may hang up first: that is its right.
  return new Promise((done) => socket.once('connect', () => done(socket)).once('close', () => done(socket)));
}

const request = (body, length = Buffer.byteLength(body)) =>
  `POST /gateway.do HTTP/1.1\r\nhost: soak\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${length}\r\n\r\n${body}`;

/** The connection is cut anywhere in a request, without waiting for an answer. */
export async function cut(gateway, body, random) {
  const socket = await connect(gateway);
  const text = request(body);
  socket.write(text.slice(0, 1 + random.below(text.length)));
  await pause(random.below(20));
  socket.resetAndDestroy();
}

/** A head comes letter by letter and is given up. */
export async function slowHead(gateway, body, random) {
  const socket = await connect(gateway);
  const text = request(body);
  const letters = 10 + random.below(30);
  for (let at = 0; at < letters && !socket.destroyed; at += 1) {
    socket.write(text[at]);
    await pause(SLOW_MS);
  }
  socket.destroy();
}

/** Half of a body comes, and then nothing for a while. */
export async function halfBody(gateway, body, random) {
  const socket = await connect(gateway);
  socket.write(request(body.slice(0, body.length / 2), Buffer.byteLength(body)));
  await pause(500 + random.below(1500));
  socket.destroy();
}
