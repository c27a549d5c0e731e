// The steps with a camera: movements of the face, photos of the card, files in place of both.
// Nothing is kept in the browser: a picture is sent as it is taken, and the server tells the next step.
(() => {
  'use strict';

  const box = document.getElementById('capture');
  if (!box) return;

  const FRAME_WIDTH = 640;
  const PHOTO_EDGE = 1600;
  const FRAME_QUALITY = 0.85;
  const PHOTO_QUALITY = 0.88;
  const READY_MS = 900;
  const MOVEMENT_MS = 1200;
  const PICTURE_WITHIN_MS = 10000;
  const ANSWER_WITHIN_MS = 30000;
  // Waits between attempts to send the same thing; one attempt more than there are waits.
  const BACKOFF_MS = [500, 1000, 2000, 4000];
  const PASSING = ['BUSY', 'FAULT'];
  // Arrows that every font has. The person sees a mirror image, so left is left.
  const ARROWS = { turn_left: '←', turn_right: '→', come_closer: '↑' };

  const byId = (id) => document.getElementById(id);
  const words = JSON.parse(byId('words')?.textContent || '{}');
  const say = (key) => words[key] || '';
  const { base } = document.body.dataset;
  const part = box.dataset.part || 'selfie';
  const isCard = Boolean(box.dataset.part) && part !== 'selfie';
  const [video, canvas, prompt, progress] = ['video', 'canvas', 'prompt', 'progress'].map(byId);
  const [start, retry, trouble, upload] = ['start', 'retry', 'trouble', 'upload'].map(byId);
  const [shoot, preview, use, again] = ['shoot', 'preview', 'use', 'again'].map(byId);

  let stream = null;
  let shot = null;
  // Which run of the camera this is: what an earlier one still does is of no more interest.
  let run = 0;

  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const show = (each, shown) => { if (each) each.hidden = !shown; };
  const disable = (elements, off) => elements.forEach((each) => { if (each) each.disabled = off; });

  /** What went wrong, with the word for it and what to do. */
  class Trouble extends Error {
    constructor(message, { code = '', retry: again = false, camera = false } = {}) {
      super(message);
      Object.assign(this, { code, again, camera });
    }
  }

  // ---- Speaking with the server

  async function once(method, path, body) {
    const answer = await fetch(`${base}/${path}`, {
      method,
      body,
      headers: { ...(body ? { 'content-type': body.type } : {}), 'accept-language': document.documentElement.lang },
      cache: 'no-store',
      redirect: 'error',
      // Browsers of old phones have none; then the system's own limit holds.
      signal: AbortSignal.timeout?.(ANSWER_WITHIN_MS),
    });
    if (answer.status === 204) return null;
    const told = await answer.json();
    if (answer.ok) return told;
    if (told.reload) return leaveFor(() => location.reload());
    throw new Trouble(told.message || say('try_again'), told);
  }

  /** Sends the same thing again while the network fails or the server is busy. */
  async function send(method, path, body) {
    let failed = false;
    for (const wait of BACKOFF_MS) {
      try {
        const told = await once(method, path, body);
        if (failed) calm();
        return told;
      } catch (problem) {
        if (problem instanceof Trouble && !PASSING.includes(problem.code)) throw problem;
        failed = true;
        // Beside the movement that is shown, not in its place.
        speak(say('network'));
        await pause(wait);
      }
    }
    return once(method, path, body).catch((problem) => {
      throw problem instanceof Trouble ? problem : new Trouble(say('network'), { retry: true });
    });
  }

  /** The page goes; nothing more shall happen on it. */
  function leaveFor(go) {
    closeCamera();
    go();
    return new Promise(() => {});
  }

  const next = () => {
    tell(say('done'));
    return leaveFor(() => location.reload());
  };

  // ---- Telling the person

  function tell(text, arrow, small) {
    if (!prompt) return;
    const parts = [];
    if (arrow) {
      parts.push(element('span', 'arrow', arrow), ' ');
      parts[0].setAttribute('aria-hidden', 'true');
    }
    prompt.replaceChildren(...parts, text);
    if (small) prompt.append(' ', element('small', 'count', small));
  }

  function element(name, kind, text) {
    const made = document.createElement(name);
    made.className = kind;
    made.textContent = text;
    return made;
  }

  const counted = (n, of) => say('step_of').replace('{n}', n).replace('{of}', of);

  const asTrouble = (problem) =>
    (problem instanceof Trouble ? problem : new Trouble(say('camera_failed'), { retry: true, camera: true }));

  function speak(text) {
    // The text comes after the element is shown: only then do screen readers read it out.
    show(trouble, true);
    if (trouble) trouble.textContent = text;
  }

  function warn({ message }) {
    tell('');
    speak(message);
    disable([start, shoot, use, again, ...fileControls()], false);
  }

  /** The camera, or the answer to a challenge, came to nothing. */
  function complain(problem) {
    const known = asTrouble(problem);
    // A frame that was not taken: the movements are made once more.
    const more = known.again || /^(CHALLENGE_OVER|PICTURE_)/.test(known.code);
    closeCamera();
    warn(known);
    show(start, false);
    show(retry, more);
    if (isCard) showShot(false, true);
    // Whatever cannot be tried again has this way left.
    if (known.camera || !more) openUpload();
    (more ? retry : fileInput())?.focus();
  }

  /** The photo taken by the camera was not sent: it may be sent again, or taken again. */
  function complainOfShot(problem) {
    const known = asTrouble(problem);
    warn(known);
    (known.again ? use : again)?.focus();
  }

  function complainOfFile(problem) {
    warn(asTrouble(problem));
    show(start, true);
    fileInput()?.focus();
  }

  function openUpload() {
    const details = upload?.closest('details') || upload?.querySelector('details');
    if (details) details.open = true;
  }

  const calm = () => {
    show(trouble, false);
    show(retry, false);
  };

  // ---- Camera

  const REFUSALS = {
    NotAllowedError: 'camera_refused',
    SecurityError: 'camera_refused',
    NotFoundError: 'camera_missing',
    OverconstrainedError: 'camera_missing',
  };

  async function openCamera() {
    if (!window.isSecureContext) throw new Trouble(say('camera_insecure'), { camera: true });
    if (!navigator.mediaDevices?.getUserMedia) throw new Trouble(say('camera_missing'), { camera: true });
    const wanted = { facingMode: isCard ? 'environment' : 'user', width: { ideal: 1280 }, height: { ideal: 720 } };
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: wanted });
    } catch (problem) {
      throw new Trouble(say(REFUSALS[problem.name] || 'camera_failed'), { retry: true, camera: true });
    }
    const mine = ++run;
    // Fires when the camera is unplugged or taken away, not when we stop it.
    stream.getVideoTracks()[0]?.addEventListener('ended', () => mine === run && complain());
    video.srcObject = stream;
    video.hidden = false;
    box.classList.add('live');
    await within(PICTURE_WITHIN_MS, video.play());
    return mine;
  }

  function closeCamera() {
    run += 1;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    if (video) video.srcObject = null;
    box.classList.remove('live');
  }

  function within(ms, promise) {
    const late = pause(ms).then(() => Promise.reject(new Error('late')));
    late.catch(() => {});
    return Promise.race([promise, late]);
  }

  /** The picture the camera shows now, as a file. */
  function picture(source, limit, quality, byWidth) {
    const [wide, high] = [source.videoWidth || source.width, source.videoHeight || source.height];
    if (!wide || !high) throw new Trouble(say('camera_failed'), { retry: true, camera: true });
    const scale = Math.min(1, limit / (byWidth ? wide : Math.max(wide, high)));
    canvas.width = Math.round(wide * scale);
    canvas.height = Math.round(high * scale);
    canvas.getContext('2d').drawImage(source, 0, 0, canvas.width, canvas.height);
    return new Promise((done, failed) => {
      const give = (blob) => (blob ? done(blob) : failed(new Error('no picture')));
      canvas.toBlob(give, 'image/jpeg', quality);
    });
  }

  /** A hidden page gets no pictures from the camera: wait until the person is back. */
  const visible = () =>
    new Promise((back) => {
      const look = () => {
        if (document.hidden) return;
        document.removeEventListener('visibilitychange', look);
        back();
      };
      document.addEventListener('visibilitychange', look);
      look();
    });

  const still = (mine) => mine === run;

  // ---- The face: movements in the order the server asks for

  async function face(mine) {
    const asked = await send('POST', 'challenge');
    if (!still(mine)) return;
    const total = asked.actions.length * asked.frames_each;
    if (progress) Object.assign(progress, { max: total, value: 0 });
    tell(say('look_straight'));
    await pause(READY_MS);
    for (const [at, action] of asked.actions.entries()) {
      await movement(mine, asked, action, at);
      if (!still(mine)) return;
    }
    tell(say('sending'));
    await next();
  }

  async function movement(mine, asked, action, at) {
    tell(say(action), ARROWS[action], counted(at + 1, asked.actions.length));
    await pause(READY_MS);
    // Frames are taken on time and sent one after the other: the server takes them in order only.
    let sending = Promise.resolve();
    for (let frame = 0; frame < asked.frames_each; frame += 1) {
      if (document.hidden) {
        await visible();
        await pause(READY_MS);
      }
      if (!still(mine)) return;
      const index = at * asked.frames_each + frame;
      const file = await picture(video, FRAME_WIDTH, FRAME_QUALITY, true);
      sending = sending.then(() => still(mine) && frameSent(asked.challenge, index, file));
      // Awaited below; a failure before that is no unhandled one.
      sending.catch(() => {});
      await pause(MOVEMENT_MS / asked.frames_each);
    }
    await sending;
  }

  async function frameSent(challenge, index, file) {
    await send('PUT', `frames/${challenge}/${index}`, file);
    if (progress) progress.value = index + 1;
  }

  // ---- The card: one photo, looked at before it is sent

  function aim() {
    showShot(false);
    tell(say('hold'));
    shoot?.focus();
  }

  function showShot(shown, closed = false) {
    show(video, !shown && !closed);
    show(box.querySelector('.guide'), !shown && !closed);
    show(shoot, !shown && !closed);
    [preview, use, again].forEach((each) => show(each, shown));
    if (preview?.src) URL.revokeObjectURL(preview.src);
    if (!shown) preview?.removeAttribute('src');
    else preview.src = URL.createObjectURL(shot);
  }

  async function takeShot() {
    shot = await picture(video, PHOTO_EDGE, PHOTO_QUALITY, false);
    tell('');
    showShot(true);
    use?.focus();
  }

  async function useShot() {
    calm();
    disable([use, again], true);
    await put(shot, 'camera');
  }

  async function put(file, source) {
    tell(say('sending'));
    await send('PUT', `photos/${part}?source=${source}`, file);
    await next();
  }

  // ---- Files

  const form = () => (upload?.matches('form') ? upload : upload?.querySelector('form'));
  const fileInput = () => upload?.querySelector('input[type=file]');
  const fileControls = () => [...(upload?.querySelectorAll('button') || [])];

  /** Upright and small, without what the camera wrote beside the pixels; null if it is no picture. */
  async function smaller(file) {
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
      const made = await picture(bitmap, PHOTO_EDGE, PHOTO_QUALITY, false);
      bitmap.close();
      return made;
    } catch {
      return null;
    }
  }

  async function sendFile(event) {
    const file = fileInput()?.files[0];
    // Without a file the browser's own check speaks.
    if (!file) return;
    event.preventDefault();
    calm();
    closeCamera();
    disable(fileControls(), true);
    const made = await smaller(file);
    // What the browser cannot read the server judges: it has the words for it.
    if (!made) return leaveFor(() => form().submit());
    await put(made, 'upload');
  }

  // ---- Put together

  const guarded = (work, failed = complain) => (event) => Promise.resolve(work(event)).catch(failed);

  async function begin() {
    calm();
    show(start, false);
    // Focus must not fall to the top of the page with the button that held it.
    if (prompt) {
      prompt.tabIndex = -1;
      prompt.focus();
    }
    const mine = await openCamera();
    if (isCard) aim();
    else await face(mine);
  }

  function prepare() {
    box.hidden = false;
    if (isCard) showShot(false, true);
    start?.addEventListener('click', guarded(begin));
    retry?.addEventListener('click', guarded(begin));
    shoot?.addEventListener('click', guarded(takeShot));
    use?.addEventListener('click', guarded(useShot, complainOfShot));
    again?.addEventListener('click', aim);
    form()?.addEventListener('submit', guarded(sendFile, complainOfFile));
    addEventListener('pagehide', closeCamera);
    // Said before the person tries in vain: away from https there is no camera.
    if (window.isSecureContext) return;
    warn(new Trouble(say('camera_insecure')));
    show(start, false);
    openUpload();
  }

  prepare();
})();
