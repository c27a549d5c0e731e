// Every page that a person may come to, each held open by somebody who has walked there.

import { startServer } from '../../lib/server.mjs';
import { DESKTOP, launch, person } from './chromium.mjs';
import { Merchant, NUMBERS } from './merchant.mjs';
import { png } from './pictures.mjs';
import { leave } from './walk.mjs';

const HOURS = 23;
const CARD = png(900, 560);
/** Eight years old when the tests were written; the check digit is made below. */
const CHILD = withCheckDigit('11000020180307001');

function withCheckDigit(seventeen) {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, at) => total + weight * Number(seventeen[at]), 0);
  return `${seventeen}${'10X98765432'[sum % 11]}`;
}

/** The pages: `name`, who has it open, its address, and what is pressed to make it look like this. */
export async function openGallery({ viewport } = {}) {
  const gallery = new Gallery(viewport);
  try {
    await gallery.fill();
  } catch (problem) {
    await gallery.close();
    throw problem;
  }
  return gallery;
}

class Gallery {
  constructor(viewport) {
    this.viewport = viewport;
    this.pages = [];
  }

  async fill() {
    const servers = await Promise.all([startServer(), startServer()]);
    [this.merchant, this.late] = servers.map((server) => new Merchant(server));
    this.browser = await launch();
    const walks = [
      this.#beginning(), this.#card(), this.#face(), this.#end(), this.#decided(), this.#others(), this.#phone(), this.#problems(),
    ];
    await Promise.all(walks);
    this.pages.sort((one, other) => one.name.localeCompare(other.name));
  }

  async close() {
    await this.browser?.close();
    await Promise.all([this.merchant, this.late].map((merchant) => merchant?.server.stop()));
  }

  #add(name, someone, prepare) {
    this.pages.push({ name, someone, address: someone.page.url(), prepare });
  }

  /** Somebody at the page, who came there by requests: quicker than by hand. */
  async #arrive(walker) {
    const someone = await person(this.browser, { viewport: this.viewport });
    await walker.into(someone);
    return someone;
  }

  async #walker(wishes, merchant = this.merchant) {
    return Walker.at((await merchant.begin(wishes)).link);
  }

  async #begun(wishes) {
    const walker = await this.#walker(wishes);
    await walker.consent('yes');
    return walker;
  }

  async #withCard(wishes) {
    const walker = await this.#begun({ scene: 'CERT_PHOTO', ...wishes });
    await walker.photo('cert_front');
    await walker.photo('cert_back');
    return walker;
  }

  async #beginning() {
    this.#add('consent', await this.#arrive(await this.#walker({ scene: 'CERT_PHOTO_FACE' })));
    this.#add('consent-child', await this.#arrive(await this.#walker({ number: CHILD })));
    const gone = await this.#arrive(await this.#walker());
    await leave(gone);
    this.#add('left', gone);
  }

  async #card() {
    const someone = await this.#arrive(await this.#begun({ scene: 'CERT_PHOTO' }));
    this.#add('card-front', someone);
    this.#add('card-front-camera', someone, async (each) => {
      await each.press('#start');
      await each.page.waitForSelector('#shoot', { visible: true });
    });
    this.#add('card-front-preview', someone, async (each) => {
      await each.press('#start');
      await each.press('#shoot');
      await each.page.waitForSelector('#use', { visible: true });
    });
    const other = await this.#begun({ scene: 'CERT_PHOTO' });
    await other.photo('cert_front');
    this.#add('card-back', await this.#arrive(other));
  }

  async #face() {
    const someone = await this.#arrive(await this.#begun({ scene: 'FACE' }));
    this.#add('face', someone);
    this.#add('face-refused', someone, async (each) => {
      await each.page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
      });
      await each.press('#start');
      await each.page.waitForSelector('#trouble', { visible: true });
    });
    this.#add('face-phone', someone, async (each) => {
      // Nobody hands over from a phone to a phone: only wider screens offer it.
      await each.page.setViewport(DESKTOP);
      await each.press('#handover');
      await each.page.waitForSelector('#qr img', { visible: true });
    });
    // Asks for a challenge each time, of which there are only so many.
    this.#add('face-movement', await this.#arrive(await this.#begun({ scene: 'FACE' })), async (each) => {
      // The frames stay on their way, or the step would be done while somebody looks at it.
      await each.page.evaluate(() => {
        const real = window.fetch;
        window.fetch = (path, options) => (path.includes('/frames/') ? new Promise(() => {}) : real(path, options));
      });
      await each.press('#start');
      await each.page.waitForSelector('#prompt .arrow', { visible: true });
    });
  }

  async #end() {
    this.#add('submit', await this.#arrive(await this.#withCard()));
    const walker = await this.#withCard();
    await walker.post('/submit');
    this.#add('choosing', await this.#arrive(walker));
  }

  async #decided() {
    for (const [name, number] of [['passed', NUMBERS.passes], ['failed', NUMBERS.differs]]) {
      const walker = await this.#withCard({ number });
      await walker.post('/submit');
      this.#add(name, await this.#arrive(walker));
      if (name === 'passed') this.#add('used', await this.#arrive(walker.stranger()));
    }
    const walker = await this.#walker();
    await walker.consent('no');
    this.#add('consent-refused', await this.#arrive(walker));
  }

  async #others() {
    const walker = await this.#begun();
    this.#add('elsewhere', await this.#arrive(walker.stranger()));
  }

  async #phone() {
    const first = await this.#begun({ scene: 'CERT_PHOTO' });
    const { address } = await first.post('/handover');
    const phone = await person(this.browser, { viewport: this.viewport });
    await phone.open(address);
    this.pages.push({ name: 'continue', someone: phone, address });
    const other = await this.#begun({ scene: 'CERT_PHOTO' });
    const taken = await other.post('/handover');
    await other.stranger().post('/continue', { token: taken.address.split('#')[1] });
    this.#add('watching', await this.#arrive(other));
  }

  async #problems() {
    const someone = await person(this.browser, { viewport: this.viewport });
    someone.expect(404, 410);
    await someone.open(`${this.merchant.server.endpoint}/verify/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
    this.#add('unknown', someone);
    const tardy = await this.#arrive(await this.#walker({}, this.late));
    tardy.expect(404, 410);
    await this.late.server.advanceClock({ hours: HOURS });
    await tardy.page.reload();
    this.#add('expired', tardy);
  }
}

/** Walks by requests alone, with a cookie of its own. */
class Walker {
  constructor(address) {
    this.address = address;
    this.cookie = '';
  }

  static async at(link) {
    const answer = await fetch(link, { redirect: 'manual' });
    return new Walker(new URL(answer.headers.get('location'), link).href);
  }

  /** Another browser with the same link. */
  stranger() {
    return new Walker(this.address);
  }

  async consent(agree) {
    const page = await (await fetch(this.address)).text();
    const version = /name="?version"? value="?([^">]+)/.exec(page)[1];
    await this.post('/consent', { agree, version, language: 'zh', way: 'scene' });
  }

  photo(side) {
    return this.#send('PUT', `/photos/${side}?source=upload`, { body: CARD, headers: { 'content-type': 'image/png' } });
  }

  post(path, fields = {}) {
    return this.#send('POST', path, { body: new URLSearchParams(fields) });
  }

  async #send(method, path, { body, headers = {} }) {
    const answer = await fetch(this.address + path, { method, body, headers: { cookie: this.cookie, ...headers }, redirect: 'manual' });
    if (answer.status >= 400) throw new Error(`${method} ${path}: HTTP ${answer.status} ${await answer.text()}`);
    const set = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (set.length) this.cookie = set.join('; ');
    const text = await answer.text();
    return answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : text;
  }

  /** Gives the cookie to this person's browser and opens the page there. */
  async into(someone) {
    const { hostname, pathname } = new URL(this.address);
    const cookies = this.cookie.split('; ').filter(Boolean).map((each) => {
      const [name, value] = each.split('=');
      return { name, value, domain: hostname, path: pathname, httpOnly: true, sameSite: 'Lax' };
    });
    await someone.context.setCookie(...cookies);
    await someone.open(this.address);
  }
}

/** Opens the page anew in a language, and makes it look as it should. */
export async function showIn({ someone, address, prepare }, language) {
  await someone.speaks(language);
  // A change behind `#` alone would open nothing.
  await someone.page.goto('about:blank');
  await someone.page.goto(address, { waitUntil: 'load' });
  await prepare?.(someone);
  return someone;
}

export { DESKTOP };
