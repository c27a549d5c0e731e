// Starts `certifyd serve` on a configuration made for one group of tests.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Process, START_LIMIT_MS } from './server.mjs';

const POLL_MS = 20;
const START_ATTEMPTS = 5;
const EXIT_ADDRESS_NOT_AVAILABLE = 3;

/**
 * A server with the given tables, in test mode unless `mode` says `live`; `listen` and `data_dir` are added.
 * `tables` maps a name to a table, or to a list of tables: `{ gateway: { … }, apps: [{ … }] }`.
 */
export async function startConfigured(tables, { mode = 'test' } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    const server = new Configured(await mkdtemp(join(tmpdir(), 'certifyd-')));
    try {
      await server.start(tables, mode);
      return server;
    } catch (problem) {
      server.child?.kill('SIGKILL');
      await server.ended;
      await rm(server.dir, { recursive: true, force: true });
      // Between choosing the port and listening on it, another process may have taken it.
      if (server.child?.exitCode !== EXIT_ADDRESS_NOT_AVAILABLE || attempt === START_ATTEMPTS) throw problem;
    }
  }
}

class Configured extends Process {
  async start(tables, mode) {
    const port = await freePort();
    const file = join(this.dir, 'certifyd.toml');
    await writeFile(file, toml({ listen: `127.0.0.1:${port}`, data_dir: join(this.dir, 'data'), mode }, tables));
    this.endpoint = `http://127.0.0.1:${port}`;
    this.gateway = `${this.endpoint}/gateway.do`;
    this.spawn(['serve', '--config', file]).stdout.resume();
    await this.#ready();
  }

  async #ready() {
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline) {
      if (this.child.exitCode !== null) {
        await this.ended;
        throw new Error(`certifyd ended before it was ready (${this.child.exitCode})\n${this.log}`);
      }
      const answer = await fetch(`${this.endpoint}/readyz`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === 200) return;
      await pause(POLL_MS);
    }
    throw new Error(`certifyd was not ready in time\n${this.log}`);
  }
}

function freePort() {
  return new Promise((found, failed) => {
    const probe = createServer().once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

// A JSON string, number, boolean or list of strings is also a TOML value; a table within a table stands in one line.
const pairs = (table) =>
  Object.entries(table)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${value.constructor === Object ? `{ ${pairs(value).join(', ')} }` : JSON.stringify(value)}`);
const members = (table) => pairs(table).map((pair) => `${pair}\n`).join('');

function toml(top, tables) {
  const parts = Object.entries(tables).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((table) => `\n[[${name}]]\n${members(table)}`)
      : [`\n[${name}]\n${members(value)}`],
  );
  return members(top) + parts.join('');
}
