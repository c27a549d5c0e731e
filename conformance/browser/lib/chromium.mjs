// Chromium with a camera that shows a test picture, and people who use it, each in a context of their own.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';

const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Long, for the machine may have other work; nobody waits for it unless something is wrong.
export const LIMIT_MS = 40_000;

// Few pictures a second: they are drawn without a graphics card.
const CAMERA = {
  granted: ['--use-fake-device-for-media-stream=fps=5', '--use-fake-ui-for-media-stream'],
  refused: ['--use-fake-device-for-media-stream=fps=5', '--deny-permission-prompts'],
};

/** A name that is no secure context, as an address of a local network is none. */
export const INSECURE_HOST = 'person.example';

export async function launch({ camera = 'granted' } = {}) {
  if (!existsSync(executable)) throw new Error(`no Chromium at ${executable}: install it, or name it in CHROMIUM`);
  const resolve = `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`;
  return puppeteer.launch({
    executablePath: executable,
    headless: true,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--hide-scrollbars', resolve, ...CAMERA[camera]],
  });
}

const PHONE = { width: 390, height: 844, isMobile: true, hasTouch: true };
export const DESKTOP = { width: 1280, height: 900 };

/** Somebody with a browser of their own: no cookie is shared. */
export async function person(browser, options = {}) {
  const context = await browser.createBrowserContext();
  return new Person(context, await context.newPage()).ready(options);
}

export class Person {
  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.trouble = [];
    this.origins = new Set();
    this.statuses = new Set([200, 204, 302, 303]);
    this.listen(page);
  }

  async ready({ language = 'zh-CN', viewport = PHONE, media = [] }) {
    this.page.setDefaultTimeout(LIMIT_MS);
    await this.page.setViewport(viewport);
    await this.speaks(language);
    await this.page.emulateMediaFeatures(media);
    return this;
  }

  speaks(language) {
    return this.page.setExtraHTTPHeaders({ 'accept-language': language });
  }

  /** What must not happen on any page, each with where it did. */
  listen(page) {
    const note = (what) => this.trouble.push(`${new URL(page.url()).pathname.slice(0, 12)}…: ${what}`);
    page.on('pageerror', (problem) => note(`script error: ${problem.message}`));
    page.on('console', (message) => {
      // A refused request is noted with its status below.
      const refused = message.text().startsWith('Failed to load resource: the server responded');
      if (message.type() === 'error' && !refused) note(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      const local = ['data:', 'blob:', 'about:'].includes(url.protocol);
      if (!local && !this.origins.has(url.origin)) note(`request to ${url.origin}`);
    });
    page.on('response', (response) => {
      if (this.statuses.has(response.status())) return;
      note(`HTTP ${response.status()} for ${response.request().method()} ${new URL(response.url()).pathname}`);
    });
  }

  /** Opens an address; its origin, and those named, are all that this person's pages may speak to. */
  async open(address, ...origins) {
    for (const each of [address, ...origins]) this.origins.add(new URL(each).origin);
    await this.page.goto(address, { waitUntil: 'load' });
    return this;
  }

  /** Answers with these statuses are part of the test. */
  expect(...statuses) {
    statuses.forEach((status) => this.statuses.add(status));
  }

  /** The page is at this place, and at this step of it, now or soon. */
  async at(place, step) {
    const there = (wanted, wantedStep) =>
      document.readyState === 'complete' &&
      document.body?.dataset.place === wanted &&
      (!wantedStep || document.body.dataset.step === wantedStep);
    await this.page.waitForFunction(there, { polling: 50 }, place, step).catch(async (problem) => {
      const { place: is, step: isStep } = await this.data();
      const told = await this.text('#trouble, [role=alert]').catch(() => '');
      throw new Error(`wanted ${place} ${step ?? ''}, the page is at ${is} ${isStep ?? ''} ${told}: ${problem.message}`);
    });
    return this;
  }

  data() {
    return this.page.evaluate(() => ({ ...document.body.dataset }));
  }

  /** The text a person sees there. */
  text(selector = 'main') {
    return this.page.$eval(selector, (element) => (element.hidden ? '' : element.innerText));
  }

  async press(selector) {
    const element = await this.page.waitForSelector(selector, { visible: true });
    await element.evaluate((button) => button.scrollIntoView({ block: 'center' }));
    await element.click();
    await element.dispose();
  }

  async cookies() {
    const all = await this.context.cookies();
    return all.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** A request as this person's browser would send it, by a script that has its cookies. */
  async forge(method, path, { body, cookie, headers = {} } = {}) {
    const address = this.page.url().split('#')[0];
    const answer = await fetch(`${address}${path}`, {
      method,
      body,
      redirect: 'manual',
      headers: { cookie: cookie ?? (await this.cookies()), ...headers },
    });
    const text = await answer.text();
    return { status: answer.status, location: answer.headers.get('location'), text, code: codeOf(text) };
  }

  assertNoTrouble() {
    assert.deepEqual(this.trouble, []);
  }

  async close() {
    await this.context.close();
  }
}

function codeOf(text) {
  try {
    return JSON.parse(text).code;
  } catch {
    return undefined;
  }
}

/** People for one test, who are gone, and had no trouble, when it ends. */
export function peopleFor(t, browser) {
  const all = [];
  t.after(async () => {
    await Promise.all(all.map((each) => each.close()));
    for (const each of all) each.assertNoTrouble();
  });
  return async (options) => {
    const one = await person(browser, options);
    all.push(one);
    return one;
  };
}
