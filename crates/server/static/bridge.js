// For developers: lets an H5 page that was written for Alipay's client start a verification in an
// ordinary browser. The verification opens in a pop-up and reports here. Test mode only.
//
// What arrives here comes from the person's browser and proves nothing: ask
// alipay.user.certify.open.query from your server before you rely on it.
(() => {
  'use strict';

  const LOOK_MS = 300;
  // A result that was sent just before the window closed may still be under way.
  const GRACE_MS = 500;
  const STATUSES = ['9000', '6001', '6002', '4000'];
  const WINDOW = 'popup,width=420,height=780';
  const UNUSABLE = 2;
  const BLOCKED = 4;

  // Our pages may be reached under another origin than the gateway: this script comes from them.
  const ours = new URL(document.currentScript.src).origin;

  class Refused extends Error {
    constructor(error, message) {
      super(message);
      this.error = error;
    }
  }

  function address(url) {
    try {
      const parsed = new URL(url);
      if (/^https?:$/.test(parsed.protocol)) return parsed;
    } catch {
      // Said below, as for every address that cannot be opened.
    }
    throw new Refused(UNUSABLE, 'url must be the http(s) link that certify gave');
  }

  /** Opens the link and gives what came of it. */
  async function verify({ url, certifyId } = {}) {
    const link = address(url);
    if (navigator.onLine === false) return { resultStatus: '6002', result: null };
    link.hash = `bridge=${encodeURIComponent(location.origin)}`;
    const opened = window.open(link.href, '_blank', WINDOW);
    if (!opened) throw new Refused(BLOCKED, 'the pop-up was blocked: call this from a click, or allow pop-ups');
    return resultOf(opened, [link.origin, ours], certifyId);
  }

  function resultOf(opened, origins, certifyId) {
    return new Promise((done) => {
      const end = (result) => {
        clearInterval(look);
        removeEventListener('message', hear);
        done(result);
      };
      const hear = (event) => {
        if (event.source !== opened || !origins.includes(event.origin)) return;
        if (event.data?.certifyd === 'result') end(documented(event.data, certifyId));
      };
      // Somebody who closes the window has left.
      const look = setInterval(() => {
        if (!opened.closed) return;
        clearInterval(look);
        setTimeout(end, GRACE_MS, { resultStatus: '6001', result: null });
      }, LOOK_MS);
      addEventListener('message', hear);
    });
  }

  function documented({ resultStatus, result }, certifyId) {
    const { certifyId: told, errorCode } = result || {};
    const id = String(told || certifyId || '');
    if (!STATUSES.includes(resultStatus)) return { resultStatus: '4000', result: { certifyId: id, errorCode: 'UNKNOWN_ERROR' } };
    return { resultStatus, result: { certifyId: id, errorCode: String(errorCode || '') } };
  }

  /** Every outcome is a success of the call; it fails when nothing could be opened. */
  function startAPVerify({ url, certifyId, success, fail, complete } = {}) {
    const asked = verify({ url, certifyId });
    asked.then(
      (result) => {
        success?.(result);
        complete?.(result);
      },
      ({ error, message }) => {
        const failure = { error, errorMessage: message };
        fail?.(failure);
        complete?.(failure);
      },
    );
    return asked;
  }

  /** The older form: one callback for everything; `param` is an object or its JSON text. */
  function call(name, options, callback) {
    const { name: service, param } = options || {};
    if (name !== 'startBizService' || service !== 'open-certify') {
      console.warn(`certifyd's bridge knows startBizService open-certify only, not ${name} ${service ?? ''}`);
      return;
    }
    let asked = {};
    try {
      asked = (typeof param === 'string' ? JSON.parse(param) : param) || {};
    } catch {
      console.warn('param of open-certify is not JSON');
    }
    verify(asked).then((result) => callback?.(result), (problem) => {
      console.warn(problem.message);
      callback?.({ resultStatus: '4000', result: { certifyId: String(asked.certifyId || ''), errorCode: 'SYSTEM_ERROR' } });
    });
  }

  // In Alipay's client the real ones are there already, and stay.
  window.my = window.my || { startAPVerify, call };
  if (!window.AlipayJSBridge) {
    window.AlipayJSBridge = { call };
    const ready = () => document.dispatchEvent(new Event('AlipayJSBridgeReady'));
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready);
    else setTimeout(ready);
  }
})();
