// Pictures of every page, for people to look at: `npm run screens` writes them to browser/screens/.

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DESKTOP, openGallery, showIn } from './lib/gallery.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'screens');
const scheme = (value) => [{ name: 'prefers-color-scheme', value }];
const VIEWS = [
  { name: 'phone', languages: ['zh-CN', 'en'], schemes: ['light'] },
  { name: 'phone', languages: ['zh-CN'], schemes: ['dark'] },
  { name: 'desktop', viewport: DESKTOP, languages: ['zh-CN', 'en'], schemes: ['light'] },
  { name: 'desktop', viewport: DESKTOP, languages: ['en'], schemes: ['dark'] },
];

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const gallery = await openGallery();
try {
  let count = 0;
  for (const { name, viewport, languages, schemes } of VIEWS) {
    for (const shown of gallery.pages) {
      const { page } = shown.someone;
      const before = page.viewport();
      if (viewport) await page.setViewport(viewport);
      for (const language of languages) {
        for (const value of schemes) {
          await page.emulateMediaFeatures(scheme(value));
          await showIn(shown, language);
          const file = `${shown.name}.${language.slice(0, 2)}.${name}.${value}.png`;
          await page.screenshot({ path: join(folder, file), fullPage: true });
          count += 1;
        }
      }
      await page.setViewport(before);
    }
  }
  console.log(`${count} pictures in ${folder}`);
} finally {
  await gallery.close();
}
