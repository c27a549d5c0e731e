// The page where a merchant lets an application act for it: by mouse and keyboard, in both modes and languages.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startConfigured } from '../lib/configured.mjs';
import { launch, person } from './lib/chromium.mjs';
import { startSite } from './lib/merchant.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const DARK = [{ name: 'prefers-color-scheme', value: 'dark' }];
const AGENCY = '2021000000000001';
const MERCHANT = '2021000000000003';
const SECRET = 'secret-of-the-merchant';

async function findings(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: 'tag', values } }), RULES);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} at ${target}`));
}

for (const mode of ['test', 'live']) {
  describe(`authorise in ${mode} mode`, () => {
    let browser;
    let folder;
    let site;
    let server;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'certifyd-secret-'));
      await writeFile(join(folder, 'merchant.secret'), SECRET);
      site = await startSite();
      const apps = [
        { id: AGENCY, name: 'Agency', isv: true, authorize_redirects: [`${site.origin}/callback`] },
        { id: MERCHANT, name: 'Merchant', authorize_secret: join(folder, 'merchant.secret') },
      ];
      server = await startConfigured({ apps }, { mode });
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
      await site?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    async function visitor(language) {
      const someone = await person(browser, { language });
      someone.origins.add(server.endpoint).add(site.origin);
      const query = new URLSearchParams({ app_id: AGENCY, redirect_uri: `${site.origin}/callback`, state: 'a&b' });
      const open = () => someone.page.goto(`${server.endpoint}/oauth2/appToAppAuth.htm?${query}`);
      await open();
      return { ...someone, open };
    }

    async function prove(page, secret = SECRET) {
      if (mode === 'test') return;
      await page.$eval('#merchant', (field) => { field.value = ''; });
      await page.type('#merchant', MERCHANT);
      await page.type('#secret', secret);
    }

    const press = (page, action) => Promise.all([page.waitForNavigation(), page.click(`button[value=${action}]`)]);
    const landed = (page) => {
      const { origin, pathname, searchParams } = new URL(page.url());
      assert.equal(origin + pathname, `${site.origin}/callback`);
      return searchParams;
    };

    for (const language of ['zh-CN', 'en']) {
      test(`agree and refuse (${language})`, async () => {
        const { page, trouble, context, open } = await visitor(language);
        assert.equal(await page.evaluate(() => document.documentElement.lang), language);
        assert.equal((await page.content()).includes('<strong>TEST</strong>'), mode === 'test');
        assert.deepEqual(await findings(page), []);
        if (mode === 'live') {
          await prove(page, 'not-the-merchants-secret');
          await press(page, 'agree');
          assert.ok(await page.$('[role=alert]'));
          assert.equal(await page.$eval('#secret', (field) => field.value), '');
          assert.deepEqual(await findings(page), []);
        }
        await prove(page);
        await press(page, 'agree');
        assert.match(landed(page).get('app_auth_code'), /^[0-9a-f]{32}$/);
        assert.equal(landed(page).get('state'), 'a&b');

        await open();
        await press(page, 'refuse');
        assert.equal(landed(page).get('error'), 'access_denied');
        assert.deepEqual(trouble, []);
        await context.close();
      });
    }

    test('by keyboard alone, dark, on a narrow screen', async () => {
      const { page, trouble, context } = await visitor('en');
      await page.emulateMediaFeatures(DARK);
      assert.deepEqual(await findings(page), []);
      await page.setViewport({ width: 320, height: 640 });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
      await page.focus('#merchant');
      if (mode === 'live') {
        await page.keyboard.type(MERCHANT);
        await page.keyboard.press('Tab');
        await page.keyboard.type(SECRET);
      }
      await page.keyboard.press('Tab');
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
      assert.match(landed(page).get('app_auth_code'), /^[0-9a-f]{32}$/);
      assert.deepEqual(trouble, []);
      await context.close();
    });
  });
}
