// Every page in both languages: accessible, narrow, calm, light in weight, and with nothing personal in clear.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { openGallery, showIn } from './lib/gallery.mjs';
import { Merchant, NUMBERS } from './lib/merchant.mjs';
import { peopleFor } from './lib/chromium.mjs';
import { album, png } from './lib/pictures.mjs';
import { consent } from './lib/walk.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const NARROW = { width: 320 };
const MOST_BYTES = 100_000;
/** Pages whose times are told; the others differ by their words only. */
const TIMED = ['consent', 'card-front', 'face', 'passed'];
const LOADS = 5;
const TABS = 40;
const PERSONAL = ['张测试', ...Object.values(NUMBERS)];
const LANGUAGES = { 'zh-CN': 'zh-CN', en: 'en' };
const LIGHT = [{ name: 'prefers-color-scheme', value: 'light' }];
const DARK = [{ name: 'prefers-color-scheme', value: 'dark' }];
const CALM = [{ name: 'prefers-reduced-motion', value: 'reduce' }];

/** What axe finds serious, one line for each place. */
async function findings(page, { only } = {}) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const results = await page.evaluate(
    (tags, rule) => window.axe.run({ resultTypes: ['violations'], runOnly: rule ? { type: 'rule', values: [rule] } : { type: 'tag', values: tags } }),
    RULES,
    only,
  );
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, impact, nodes }) => nodes.map(({ target, failureSummary }) => `${impact} ${id} at ${target}: ${failureSummary}`));
}

/** Elements that reach over the right edge of the screen. */
const tooWide = (page) =>
  page.evaluate(() => {
    const edge = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= edge) return [];
    return [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > edge + 1).map((each) => `${each.tagName}.${each.className}`);
  });

const moving = (page) =>
  page.evaluate(() => {
    const moves = ({ animationName, transitionDuration }) => animationName !== 'none' || /[1-9]/.test(transitionDuration);
    const styled = [...document.querySelectorAll('*')].filter((each) => moves(getComputedStyle(each)));
    return [...styled.map(({ tagName, className }) => `${tagName}.${className}`), ...document.getAnimations().map(String)];
  });

const basics = (page) =>
  page.evaluate(() => ({
    language: document.documentElement.lang,
    headings: document.querySelectorAll('h1').length,
    title: document.title,
    html: document.documentElement.outerHTML,
    inline: document.querySelectorAll('[style], style, [onclick], script:not([src]):not([type="application/json"])').length,
  }));

describe('pages', () => {
  let gallery;
  before(async () => {
    gallery = await openGallery();
  });
  after(() => gallery?.close());

  async function checked(shown, language, problems) {
    const { page } = await showIn(shown, language);
    const where = `${shown.name} (${language})`;
    const note = (list, what) => list.forEach((each) => problems.push(`${where}: ${what} ${each}`));
    const { language: is, headings, title, html, inline } = await basics(page);
    if (is !== LANGUAGES[language]) problems.push(`${where}: lang is ${is}`);
    if (headings !== 1) problems.push(`${where}: ${headings} first headings`);
    if (!title) problems.push(`${where}: no title`);
    if (!html.includes('TEST')) problems.push(`${where}: does not say TEST`);
    if (inline) problems.push(`${where}: ${inline} inline scripts or styles`);
    note(PERSONAL.filter((text) => html.includes(text)), 'shows');
    note(await findings(page), 'light');
    await page.emulateMediaFeatures(DARK);
    note(await findings(page, { only: 'color-contrast' }), 'dark');
    await page.emulateMediaFeatures([...LIGHT, ...CALM]);
    note(await moving(page), 'moves');
    await page.emulateMediaFeatures(LIGHT);
    const viewport = page.viewport();
    await page.setViewport({ ...viewport, ...NARROW });
    note(await tooWide(page), 'at 320 pixels cuts off');
    await page.setViewport(viewport);
  }

  test('axe finds nothing serious, light and dark; narrow; calm; masked; says TEST', async () => {
    const problems = [];
    // Pages of one person come one after the other, those of different people beside each other.
    const people = [...new Set(gallery.pages.map(({ someone }) => someone))];
    const work = people.map((someone) => async () => {
      for (const shown of gallery.pages.filter((each) => each.someone === someone)) {
        for (const language of Object.keys(LANGUAGES)) await checked(shown, language, problems);
      }
    });
    const worker = async () => {
      for (let next = work.pop(); next; next = work.pop()) await next();
    };
    await Promise.all([worker(), worker(), worker()]);
    assert.deepEqual(problems, []);
  });

  test('weight of each page, and how soon it is there', async (t) => {
    const heavy = [];
    for (const shown of gallery.pages.filter(({ prepare }) => !prepare)) {
      const loads = TIMED.includes(shown.name) ? LOADS : 1;
      const visits = [];
      for (let visit = 0; visit < loads; visit += 1) visits.push(await measured(shown));
      const { bytes, requests } = visits[0];
      t.diagnostic(`${shown.name}: ${bytes} bytes in ${requests} requests${loads > 1 ? times(visits) : ''}`);
      if (bytes >= MOST_BYTES) heavy.push(`${shown.name}: ${bytes}`);
    }
    assert.deepEqual(heavy, []);
  });

  function times(visits) {
    const middle = (name) => visits.map((visit) => visit[name]).sort((one, other) => one - other)[Math.floor(visits.length / 2)];
    return `, interactive after ${middle('interactive')} ms, painted after ${middle('painted')} ms`;
  }

  /** Bytes of our own as they are without compression. */
  async function measured(shown) {
    const { page } = await showIn(shown, 'zh-CN');
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0, { polling: 20 });
    return page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation');
      const all = [navigation, ...performance.getEntriesByType('resource')];
      return {
        bytes: all.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
        requests: all.length,
        interactive: Math.round(navigation.domInteractive),
        painted: Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime),
      };
    });
  }

  test('nobody had trouble: no foreign request, no refused content, no error', () => {
    gallery.pages.forEach(({ someone }) => someone.assertNoTrouble());
  });

  test('by keyboard alone: consent, a file for one side of the card, the camera for the other', async (t) => {
    const merchant = new Merchant(gallery.merchant.server);
    const someone = await peopleFor(t, gallery.browser)({ language: 'en', media: CALM });
    const { page } = someone;
    const pictures = await album({ 'card.png': png(900, 560) });
    t.after(pictures.remove);
    await someone.open((await merchant.begin({ scene: 'CERT_PHOTO' })).link);
    await someone.at('step', 'consent');
    await tabTo(page, '[name=agree][value=yes]');
    await page.keyboard.press('Space');
    await tabTo(page, 'form:has([name=agree][value=yes]) button');
    await page.keyboard.press('Enter');

    await someone.at('step', 'cert_front');
    await tabTo(page, 'details:has(#upload) > summary');
    await page.keyboard.press('Enter');
    await tabTo(page, '#upload input[type=file]');
    const [chooser] = await Promise.all([page.waitForFileChooser(), page.keyboard.press('Space')]);
    await chooser.accept([pictures.path('card.png')]);
    await tabTo(page, '#upload button');
    await page.keyboard.press('Enter');

    await someone.at('step', 'cert_back');
    await tabTo(page, '#start');
    await page.keyboard.press('Enter');
    for (const id of ['shoot', 'use']) {
      await page.waitForFunction((wanted) => document.activeElement?.id === wanted, { polling: 20 }, id);
      await page.keyboard.press('Enter');
    }
    await someone.at('step', 'submit');
  });

  /** Presses Tab until this has the focus; where the focus is can be seen on the way. */
  async function tabTo(page, selector) {
    for (let pressed = 0; pressed < TABS; pressed += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate((wanted) => {
        const element = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return { there: element.matches(wanted), seen: outlineStyle !== 'none' && outlineWidth !== '0px', name: element.outerHTML.slice(0, 80) };
      }, selector);
      assert.ok(at.seen || at.name.startsWith('<body'), `the focus cannot be seen on ${at.name}`);
      if (at.there) return;
    }
    assert.fail(`${selector} cannot be reached by Tab`);
  }

  test('by keyboard alone: the focus stays with the movements of the face', async (t) => {
    const merchant = new Merchant(gallery.merchant.server);
    const someone = await peopleFor(t, gallery.browser)({ language: 'en', media: CALM });
    await someone.open((await merchant.begin({ scene: 'FACE', number: NUMBERS.passes })).link);
    await consent(someone);
    await someone.at('step', 'face');
    await tabTo(someone.page, '#start');
    await someone.page.keyboard.press('Enter');
    await someone.page.waitForSelector('#prompt .arrow');
    assert.equal(await someone.page.evaluate(() => document.activeElement.id), 'prompt');
    await someone.at('step', 'submit');
  });
});
