// Pages that change by themselves: waiting, looking on, handing over to a phone; and the result for
// the developer's bridge. The server tells what happens; without it the page asks again.
(() => {
  'use strict';

  const ASK_AGAIN_MS = 10000;
  const FAILURES = 3;
  // A page is not reloaded sooner than this, whatever the server says.
  const YOUNGEST_MS = 1000;
  const ANSWER_WITHIN_MS = 30000;
  const LISTENING = ['waiting', 'choosing', 'watching'];
  const BRIDGE = 'certifyd_bridge';

  const byId = (id) => document.getElementById(id);
  const page = document.body.dataset;
  const words = JSON.parse(byId('words')?.textContent || '{}');
  const say = (key) => words[key] || '';

  // ---- Changes

  let reloading = false;
  let listening = false;

  function reload() {
    if (reloading) return;
    reloading = true;
    setTimeout(() => location.reload(), Math.max(0, YOUNGEST_MS - performance.now()));
  }

  /** Tells whether the page shows something else than the server says. */
  function differs(now, before) {
    if (now.place !== page.place) return true;
    if (page.step && now.step && now.step !== page.step) return true;
    return Boolean(before) && (now.step !== before.step || now.state !== before.state);
  }

  function listen() {
    listening = true;
    const events = new EventSource(`${page.base}/events`);
    let failures = 0;
    let before = null;
    events.addEventListener('open', () => { failures = 0; });
    events.addEventListener('place', (event) => {
      const now = JSON.parse(event.data);
      if (differs(now, before)) reload();
      before = now;
    });
    events.addEventListener('error', () => {
      failures += 1;
      // While it connects again by itself, nothing is lost yet.
      if (events.readyState !== EventSource.CLOSED && failures < FAILURES) return;
      events.close();
      askAgain();
    });
    addEventListener('pagehide', () => events.close());
  }

  function askAgain() {
    setTimeout(() => {
      // Not while somebody chooses from a list.
      if (document.activeElement?.matches('select, input')) askAgain();
      else reload();
    }, ASK_AGAIN_MS);
  }

  /** A second click on a button would send the form twice. */
  function sendOnce() {
    let sent = false;
    document.addEventListener('submit', (event) => {
      // What a script sends in the form's place is its own matter.
      if (event.defaultPrevented) return;
      if (sent) event.preventDefault();
      sent = true;
    });
    // Back from the next page, the form may be sent again.
    addEventListener('pageshow', () => { sent = false; });
  }

  // ---- Handing over

  async function offer(button) {
    button.disabled = true;
    const answer = await fetch(`${page.base}/handover`, {
      method: 'POST',
      headers: { 'accept-language': document.documentElement.lang },
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout?.(ANSWER_WITHIN_MS),
    });
    const told = await answer.json();
    if (told.reload) return reload();
    if (!answer.ok) throw new Error(told.message);
    showCode(button, told);
  }

  function showCode(button, { svg, address, ends_in: seconds }) {
    const link = document.createElement('code');
    link.textContent = address;
    // An address may be too long for a code: then there is its text alone.
    byId('qr').replaceChildren(...(svg ? [image(svg)] : []), paragraph(say('qr_text')), paragraph(link));
    reveal();
    button.hidden = true;
    setTimeout(() => ended(button), seconds * 1000);
    if (!listening) listen();
  }

  function image(svg) {
    const code = document.createElement('img');
    code.alt = say('qr_text');
    // As an image it can run nothing.
    code.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    return code;
  }

  function ended(button) {
    byId('qr').replaceChildren(paragraph(say('qr_ended')));
    Object.assign(button, { hidden: false, disabled: false });
  }

  function paragraph(content) {
    const element = document.createElement('p');
    element.append(content);
    return element;
  }

  /** The button that had the focus is gone: it moves to what took its place. */
  function reveal() {
    const place = byId('qr');
    place.hidden = false;
    place.tabIndex = -1;
    place.focus();
  }

  function handover() {
    const button = byId('handover');
    button?.addEventListener('click', () =>
      offer(button).catch((problem) => {
        // A failed fetch speaks the browser's words, a refusal the server's.
        const text = problem instanceof TypeError || problem instanceof DOMException ? say('network') : problem.message;
        byId('qr').replaceChildren(paragraph(text || say('network')));
        reveal();
        button.disabled = false;
      }));
  }

  /** The phone's page: the token goes from the address into the form, so that no history keeps it. */
  function continued() {
    const field = document.querySelector('input[name=token]');
    const token = location.hash.slice(1);
    if (!field || !token) return;
    field.value = token;
    bareAddress();
  }

  const bareAddress = () => history.replaceState(null, '', location.pathname + location.search);

  // ---- The developer's bridge (bridge.js): it opened this page and waits for the result

  function rememberBridge() {
    const told = /^#bridge=(.+)$/.exec(location.hash);
    if (!told) return;
    bareAddress();
    const origin = decodeURIComponent(told[1]);
    if (/^https?:\/\/[^/]+$/.test(origin)) sessionStorage.setItem(BRIDGE, origin);
  }

  function tellBridge() {
    if (!page.resultStatus || !window.opener) return;
    const origin = sessionStorage.getItem(BRIDGE);
    if (!origin) return;
    sessionStorage.removeItem(BRIDGE);
    const result = { certifyId: page.certifyId || '', errorCode: page.errorCode || '' };
    // The browser delivers it to that origin only, whoever the opener is by now.
    window.opener.postMessage({ certifyd: 'result', resultStatus: page.resultStatus, result }, origin);
    window.close();
  }

  if (page.place === 'continue') continued();
  else rememberBridge();
  sendOnce();
  handover();
  tellBridge();
  if (LISTENING.includes(page.place)) listen();
})();
