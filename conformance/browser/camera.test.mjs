// The camera: what is sent, and what happens when there is none, or it is refused or taken away.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../lib/server.mjs';
import { INSECURE_HOST, launch, peopleFor } from './lib/chromium.mjs';
import { Merchant, NUMBERS } from './lib/merchant.mjs';
import { album, lyingOnItsSide, png, sizeOfJpeg } from './lib/pictures.mjs';
import { consent, shootCard, showFace, submit, upload } from './lib/walk.mjs';

const CARD = png(1000, 620);

/** A server, a browser with this camera, and pictures, for the block this is called in. */
function shared(camera) {
  const block = {};
  before(async () => {
    block.server = await startServer();
    block.merchant = new Merchant(block.server);
    block.browser = await launch({ camera });
    block.pictures = await album({ 'card.png': CARD, 'note.txt': Buffer.from('no picture at all. '.repeat(40)) });
  });
  after(async () => {
    await block.browser?.close();
    await Promise.all([block.server?.stop(), block.pictures?.remove()]);
  });
  block.visitor = async (t, wishes, options) => {
    const someone = await peopleFor(t, block.browser)(options);
    const { certifyId, link } = await block.merchant.begin({ number: NUMBERS.passes, ...wishes });
    return { someone: await someone.open(link), certifyId };
  };
  return block;
}

const words = (someone) => someone.page.$eval('#words', (element) => JSON.parse(element.textContent));

/** The trouble the page tells, once it does. */
async function trouble(someone) {
  await someone.page.waitForFunction(() => document.getElementById('trouble')?.hidden === false, { polling: 50 });
  return (await someone.text('#trouble')).trim();
}

const uploadIsOpen = (someone) => someone.page.$eval('#upload', (form) => form.closest('details')?.open ?? true);
const focused = (someone) => someone.page.evaluate(() => document.activeElement?.id || document.activeElement?.type);
const cameraRuns = (someone) =>
  someone.page.$eval('#video', (video) => Boolean(video.srcObject?.getTracks().some((track) => track.readyState === 'live')));

/** Collects the bodies that the page sends by PUT. */
async function sentBy(someone) {
  const sent = [];
  await someone.page.exposeFunction('tellSent', (path, type, base64) => sent.push({ path, type, bytes: Buffer.from(base64, 'base64') }));
  await someone.page.evaluateOnNewDocument(() => {
    const real = window.fetch;
    window.fetch = async (path, options) => {
      if (options?.method === 'PUT') {
        const bytes = new Uint8Array(await options.body.arrayBuffer());
        await window.tellSent(path, options.body.type, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
      }
      return real(path, options);
    };
  });
  await someone.page.reload();
  return sent;
}

describe('a camera', { concurrency: 4 }, () => {
  const block = shared('granted');

  test('nine frames of 640 pixels in the order asked for, then the camera is off', async (t) => {
    const { someone } = await block.visitor(t);
    const sent = await sentBy(someone);
    await consent(someone);
    const seen = await watchPrompts(someone);
    await showFace(someone);
    assert.deepEqual(sent.map(({ path }) => Number(path.split('/').at(-1))), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(new Set(sent.map(({ path }) => path.split('/').at(-2))).size, 1, 'one challenge');
    for (const { type, bytes } of sent) {
      assert.equal(type, 'image/jpeg');
      assert.equal(sizeOfJpeg(bytes).width, 640);
    }
    const said = await words(someone);
    const movements = seen.filter(({ arrow }) => arrow);
    assert.deepEqual(
      movements.map(({ text }) => text).sort(),
      [said.turn_left, said.turn_right, said.come_closer].sort(),
    );
    const arrowOf = { [said.turn_left]: '←', [said.turn_right]: '→', [said.come_closer]: '↑' };
    for (const { text, arrow } of movements) assert.equal(arrow, arrowOf[text]);
  });

  /** Notes each movement that the page shows, with its arrow. */
  async function watchPrompts(someone) {
    const seen = [];
    await someone.page.exposeFunction('tellPrompt', (prompt) => seen.push(prompt));
    await someone.at('step', 'face');
    await someone.page.evaluate(() => {
      const prompt = document.getElementById('prompt');
      const look = () => {
        const arrow = prompt.querySelector('.arrow')?.textContent;
        const text = [...prompt.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data).join('').trim();
        window.tellPrompt({ arrow, text });
      };
      new MutationObserver(look).observe(prompt, { childList: true });
    });
    return seen;
  }

  test('a frame is sent again while the network fails, under the same number', async (t) => {
    const { someone } = await block.visitor(t);
    await consent(someone);
    await someone.at('step', 'face');
    await someone.page.evaluate(() => {
      const real = window.fetch;
      window.tried = [];
      window.fetch = (path, options) => {
        if (!path.includes('/frames/')) return real(path, options);
        window.tried.push(Number(path.split('/').at(-1)));
        // The second frame fails twice: before it is sent, and with its answer lost.
        const times = window.tried.filter((index) => index === 1).length;
        if (path.endsWith('/1') && times === 1) return Promise.reject(new TypeError('offline'));
        if (path.endsWith('/1') && times === 2) return real(path, options).then(() => Promise.reject(new TypeError('lost')));
        if (path.endsWith('/8')) sessionStorage.setItem('tried', window.tried.join());
        return real(path, options);
      };
    });
    await showFace(someone);
    assert.equal(await someone.page.evaluate(() => sessionStorage.getItem('tried')), '0,1,1,1,2,3,4,5,6,7,8');
  });

  test('a challenge that is over: another is offered, and the focus is on it', async (t) => {
    const { someone } = await block.visitor(t);
    await consent(someone);
    await someone.at('step', 'face');
    await someone.page.evaluate(() => {
      const real = window.fetch;
      let once = true;
      window.fetch = (path, options) => {
        const broken = once && path.includes('/frames/') ? path.replace(/frames\/\w+/, `frames/${'0'.repeat(32)}`) : path;
        once &&= broken === path;
        return real(broken, options);
      };
    });
    someone.expect(409, 410, 422);
    await someone.press('#start');
    assert.notEqual(await trouble(someone), '');
    assert.equal(await focused(someone), 'retry');
    assert.equal(await cameraRuns(someone), false);
    await someone.press('#retry');
    await someone.at('step', 'submit');
  });

  test('the camera is taken away midway', async (t) => {
    const { someone } = await block.visitor(t);
    await consent(someone);
    await someone.at('step', 'face');
    await someone.press('#start');
    await someone.page.waitForFunction(() => document.getElementById('progress').value > 0, { polling: 20 });
    await someone.page.$eval('#video', (video) => video.srcObject.getTracks()[0].dispatchEvent(new Event('ended')));
    assert.equal(await trouble(someone), (await words(someone)).camera_failed);
    assert.equal(await uploadIsOpen(someone), true);
    await someone.press('#retry');
    await someone.at('step', 'submit');
  });

  test('no frame is taken while the page is hidden', async (t) => {
    const { someone } = await block.visitor(t);
    const { page } = someone;
    // Counts pictures, and notes that the script waits for the page to be seen again.
    await page.evaluateOnNewDocument(() => {
      Object.assign(window, { pictures: 0, waits: false });
      const real = HTMLCanvasElement.prototype.toBlob;
      HTMLCanvasElement.prototype.toBlob = function count(...more) {
        window.pictures += 1;
        return real.apply(this, more);
      };
      const listen = document.addEventListener.bind(document);
      document.addEventListener = (name, ...more) => {
        if (name === 'visibilitychange' && document.hidden) window.waits = true;
        listen(name, ...more);
      };
    });
    await consent(someone);
    await someone.at('step', 'face');
    const hide = (hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
      return window.pictures;
    };
    await someone.press('#start');
    await page.waitForFunction(() => window.pictures > 0, { polling: 20 });
    const taken = await page.evaluate(hide, true);
    await page.waitForFunction(() => window.waits, { polling: 20 });
    assert.equal(await page.evaluate(() => window.pictures), taken);
    await page.evaluate(hide, false);
    await someone.at('step', 'submit');
  });

  for (const [name, word] of [['NotFoundError', 'camera_missing'], ['NotReadableError', 'camera_failed']]) {
    test(`${name}: ${word}, and the upload is open`, async (t) => {
      const { someone } = await block.visitor(t, {}, { language: 'en' });
      await consent(someone);
      await someone.at('step', 'face');
      await someone.page.evaluate((kind) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', kind));
      }, name);
      await someone.press('#start');
      assert.equal(await trouble(someone), (await words(someone))[word]);
      assert.equal(await uploadIsOpen(someone), true);
    });
  }

  test('both sides of the card, looked at and taken again', async (t) => {
    const { someone } = await block.visitor(t, { scene: 'CERT_PHOTO' });
    const sent = await sentBy(someone);
    await consent(someone);
    await someone.at('step', 'cert_front');
    await someone.press('#start');
    await someone.press('#shoot');
    await someone.page.waitForFunction(() => document.getElementById('preview').naturalWidth > 0, { polling: 20 });
    assert.equal(await focused(someone), 'use');
    await someone.press('#again');
    assert.equal(await focused(someone), 'shoot');
    await someone.press('#shoot');
    await someone.press('#use');
    await shootCard(someone, 'cert_back');
    await submit(someone);
    await someone.at('finished');
    assert.deepEqual(sent.map(({ path }) => path.split('/').at(-1)), ['cert_front?source=camera', 'cert_back?source=camera']);
    for (const { bytes } of sent) assert.ok(sizeOfJpeg(bytes).width >= 640);
  });

  test('a large photo on its side goes up small and upright, without what was beside the pixels', async (t) => {
    const { someone } = await block.visitor(t, { scene: 'CERT_PHOTO' });
    const sent = await sentBy(someone);
    await consent(someone);
    await someone.at('step', 'cert_front');
    const jpeg = await someone.page.evaluate(() => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 3200, height: 2000 });
      canvas.getContext('2d').fillRect(0, 0, 1600, 1000);
      return canvas.toDataURL('image/jpeg').split(',')[1];
    });
    const photo = await album({ 'side.jpg': lyingOnItsSide(Buffer.from(jpeg, 'base64')) });
    t.after(photo.remove);
    await upload(someone, photo.path('side.jpg'));
    await someone.at('step', 'cert_back');
    const [{ path, bytes }] = sent;
    assert.match(path, /photos\/cert_front\?source=upload$/);
    assert.deepEqual(sizeOfJpeg(bytes), { width: 1000, height: 1600 });
    assert.equal(bytes.includes('Exif'), false);
  });

  test('a file that is no picture: the server says what is wrong, and nothing is lost', async (t) => {
    const { someone, certifyId } = await block.visitor(t, { scene: 'CERT_PHOTO' });
    await consent(someone);
    await someone.at('step', 'cert_front');
    someone.expect(400, 413, 415, 422);
    await Promise.all([someone.page.waitForNavigation(), upload(someone, block.pictures.path('note.txt'))]);
    await someone.at('step', 'cert_front');
    assert.match(await someone.text(), /JPEG|PNG/);
    assert.equal((await block.merchant.status(certifyId)).state, 'in_progress');
    await upload(someone, block.pictures.path('card.png'));
    await someone.at('step', 'cert_back');
  });

  test('without https, on an address of the local network, the page says so and takes a file', async (t) => {
    const someone = await peopleFor(t, block.browser)();
    const { link, certifyId } = await block.merchant.begin({ number: NUMBERS.passes });
    await someone.open(link);
    const page = new URL(someone.page.url());
    page.hostname = INSECURE_HOST;
    await someone.open(page.href);
    await consent(someone);
    await someone.at('step', 'face');
    assert.equal(await trouble(someone), (await words(someone)).camera_insecure);
    assert.equal(await uploadIsOpen(someone), true);
    await upload(someone, block.pictures.path('card.png'));
    await submit(someone);
    await someone.at('finished');
    assert.equal(await block.merchant.passed(certifyId), 'T');
  });

  test('without script the file goes up by the form', async (t) => {
    const { someone } = await block.visitor(t, { scene: 'CERT_PHOTO' });
    await consent(someone);
    await someone.at('step', 'cert_front');
    await someone.page.setJavaScriptEnabled(false);
    await someone.page.reload();
    const details = await someone.page.$('details:has(#upload):not([open]) > summary');
    await details?.click();
    await upload(someone, block.pictures.path('card.png'));
    await someone.at('step', 'cert_back');
  });
});

describe('a camera that is refused', () => {
  const block = shared('refused');

  test('the page says so in plain words, opens the upload, and the person gets through', async (t) => {
    const { someone, certifyId } = await block.visitor(t, { scene: 'CERT_PHOTO_FACE' });
    await consent(someone);
    for (const step of ['cert_front', 'cert_back', 'face']) {
      await someone.at('step', step);
      await someone.press('#start');
      assert.equal(await trouble(someone), (await words(someone)).camera_refused);
      assert.equal(await uploadIsOpen(someone), true);
      assert.equal(await focused(someone), 'retry');
      await upload(someone, block.pictures.path('card.png'));
    }
    await submit(someone);
    await someone.at('finished');
    assert.equal(await block.merchant.passed(certifyId), 'T');
  });
});
