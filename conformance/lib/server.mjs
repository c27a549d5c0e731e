// Starts `certifyd dev` on a folder of its own and speaks to the switches of test mode.

import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const repository = resolve(here, '../..');
const binary = resolve(process.env.CERTIFYD_BIN ?? join(repository, 'target/debug/certifyd'));
export const START_LIMIT_MS = 60_000;
const LOG_TAIL = 4_000;

export const EXAMPLE = join(repository, 'examples/identification');

/** Child processes still running, so that none outlives the tests. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * A server with the given functions.
 * `functions` maps a name to the text of its index.js, or to `{ file: text }`; `example: true` adds those of the example.
 */
export async function startServer({ functions = {}, example = false } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'certifyd-'));
  const server = new Server(dir);
  await mkdir(join(dir, 'functions'));
  if (example) await cp(join(EXAMPLE, 'functions'), join(dir, 'functions'), { recursive: true });
  for (const [name, files] of Object.entries({ echo: ECHO, ...functions })) await server.writeFunction(name, files);
  try {
    await server.start();
  } catch (problem) {
    await rm(dir, { recursive: true, force: true });
    throw problem;
  }
  return server;
}

/** A server for one test, gone when the test ends. */
export async function serverFor(t, options) {
  const server = await startServer(options);
  t.after(() => server.stop());
  return server;
}

const ECHO = 'module.exports = async (ctx) => ctx.args;';

/** A process of certifyd that works in a folder of its own. Who starts it sets `endpoint`. */
export class Process {
  constructor(dir) {
    this.dir = dir;
    this.log = '';
  }

  spawn(args) {
    if (!existsSync(binary)) {
      throw new Error(`no certifyd at ${binary}: build it, or name it in CERTIFYD_BIN`);
    }
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    running.add(child);
    this.ended = new Promise((done) => child.once('close', done)).then(() => running.delete(child));
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.log = (this.log + text).slice(-LOG_TAIL);
    });
    return child;
  }

  /** Ends the process the hard way, without a chance to write anything. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(timer);
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Decides a certification: `passed`, `failed` or `left`. */
  outcome(certifyId, outcome, reason) {
    return this.#control(`/test/certifications/${certifyId}`, { outcome, reason });
  }

  advanceClock({ minutes = 0, hours = 0 }) {
    return this.#control('/test/clock', { advance_seconds: minutes * 60 + hours * 3600 });
  }

  async #control(path, body) {
    const response = await fetch(this.endpoint + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: HTTP ${response.status} ${text}`);
    return text;
  }
}

class Server extends Process {
  async writeFunction(name, files) {
    const entries = typeof files === 'string' ? { 'index.js': files } : files;
    for (const [file, text] of Object.entries(entries)) {
      const path = join(this.dir, 'functions', name, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }

  async start() {
    const child = this.spawn(['dev', this.dir, '--listen', '127.0.0.1:0', '--json']);
    this.ready = JSON.parse(await this.#firstLine(child));
    this.endpoint = this.ready.endpoint;
    this.gateway = this.ready.gateway;
  }

  #firstLine(child) {
    return new Promise((found, failed) => {
      const give = (why) => failed(new Error(`${why}\n${this.log}`));
      const timer = setTimeout(() => give('certifyd printed no ready line'), START_LIMIT_MS);
      child.once('error', failed);
      child.once('close', (code, signal) => give(`certifyd ended before it was ready (${code ?? signal})`));
      // The reader stays, so that later output never fills the pipe.
      createInterface({ input: child.stdout }).on('line', (line) => found(line));
      child.once('close', () => clearTimeout(timer));
      child.stdout.once('data', () => clearTimeout(timer));
    });
  }

  /** The text of the key file that the ready line names under this member. */
  key(member) {
    return readFileSync(resolve(this.dir, this.ready[member]), 'utf8');
  }
}
