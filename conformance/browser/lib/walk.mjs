// What a person does on each page.

const FORM = (action) => `form[action*="${action}"]`;
const AGREE = `${FORM('/consent')}:has([name=agree][value=yes])`;

export async function consent(someone, { agree = 'yes', way, guardian } = {}) {
  await someone.at('step', 'consent');
  if (agree === 'no') return someone.press(`${FORM('/consent')} [name=agree][value=no]`);
  if (way) await someone.press(`${AGREE} [name=way][value=${way}]`);
  if (guardian) await someone.press(`${AGREE} [name=guardian]`);
  await someone.press(`${AGREE} [name=agree]`);
  await someone.press(`${AGREE} button`);
}

/** Photographs one side of the card. */
export async function shootCard(someone, side) {
  await someone.at('step', side);
  await someone.press('#start');
  await someone.press('#shoot');
  await someone.press('#use');
}

export async function openUpload(someone) {
  const open = () => document.getElementById('upload').closest('details')?.open ?? true;
  if (!(await someone.page.evaluate(open))) await someone.press('details:has(#upload) > summary');
}

/** Chooses a file in place of the camera. */
export async function upload(someone, file) {
  await openUpload(someone);
  const input = await someone.page.$('#upload input[type=file]');
  await input.uploadFile(file);
  await someone.press('#upload button');
}

export async function uploadCard(someone, file) {
  for (const side of ['cert_front', 'cert_back']) {
    await someone.at('step', side);
    await upload(someone, file);
  }
}

/** Makes the movements before the camera, until the page goes on. */
export async function showFace(someone) {
  await someone.at('step', 'face');
  await someone.press('#start');
  await someone.at('step', 'submit');
}

export async function submit(someone) {
  await someone.at('step', 'submit');
  await someone.press(`${FORM('/submit')} button`);
}

export async function leave(someone) {
  await someone.press(`${FORM('/leave')} button`);
  await someone.at('left');
}

export async function choose(someone, outcome, reason) {
  await someone.at('choosing');
  if (reason) await someone.page.select('select[name=reason]', reason);
  await someone.press(`[name=outcome][value=${outcome}]`);
}
