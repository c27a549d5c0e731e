// A call's life: begun, asked and answered, settled once, ended. Returns what the loop calls.
(function (kit, raw) {
  'use strict';
  let current = null;
  let handler;

  // --- settling ---------------------------------------------------------------------------------

  function succeed(call, value) {
    if (call.settled) return;
    let text;
    try {
      text = kit.stringify(value);
    } catch (error) {
      fail(call, error);
      return;
    }
    call.settled = true;
    raw.done(text === undefined ? 'null' : text);
  }

  // Running out of memory throws an InternalError, or null when there is no memory left for that.
  function kindOf(thrown, whileLoading) {
    if (thrown === null) return 'null';
    if (thrown instanceof kit.InternalError && thrown.message === 'out of memory') return 'memory';
    if (!whileLoading) return 'threw';
    return thrown?.badEntry === true ? 'entry' : 'load';
  }

  function fail(call, thrown, whileLoading = false) {
    if (call.settled) return;
    call.settled = true;
    const { message, code } = kit.explain(thrown);
    raw.failed(kindOf(thrown, whileLoading), kit.wellFormed(message), code === undefined ? undefined : kit.wellFormed(code));
  }

  // An error that no promise of the handler will ever carry.
  kit.uncaught = (error) => {
    if (current !== null) fail(current, error);
  };

  // --- rejections nobody handles ----------------------------------------------------------------

  const rejections = new kit.Map();
  const SHOWN = 10;

  function rejected(promise, reason, handled) {
    if (handled) kit.mapDelete(rejections, promise);
    else kit.mapSet(rejections, promise, reason);
  }

  // Nothing is left to wait for. Node would have ended at the first rejection that nobody handled.
  function stuck() {
    if (current !== null && rejections.size > 0) fail(current, rejections.values().next().value);
  }

  // Those a call leaves behind are told to its author.
  function tellRejections() {
    let shown = 0;
    kit.mapForEach(rejections, (reason) => {
      if (shown++ < SHOWN) kit.log('warn', ['Unhandled rejection:', reason]);
    });
    kit.mapClear(rejections);
  }

  // --- host calls -------------------------------------------------------------------------------

  function ask(call, op, payload, resolve, reject) {
    if (call !== current || call.ended) {
      throw kit.fault('CallEnded', 'this ctx belongs to a call that has ended');
    }
    const text = kit.stringify(payload);
    const id = raw.hostCall(kit.text(op), text === undefined ? 'null' : text);
    kit.mapSet(call.open, id, { __proto__: null, resolve, reject });
  }

  kit.hostCall = (call, op, payload) =>
    new kit.Promise((resolve, reject) => ask(call, op, payload, resolve, reject));

  function reply(id, ok, text, message) {
    const waiting = current === null ? undefined : kit.mapGet(current.open, id);
    if (waiting === undefined) return;
    kit.mapDelete(current.open, id);
    if (!ok) {
      waiting.reject(kit.hostError(text, message));
      return;
    }
    try {
      waiting.resolve(kit.parse(text));
    } catch (error) {
      waiting.reject(error);
    }
  }

  // --- a call -----------------------------------------------------------------------------------

  function start(requestId, env, args, loadOnly) {
    const call = { __proto__: null, requestId, open: new kit.Map(), settled: false, ended: false };
    current = call;
    try {
      handler ??= kit.loadHandler();
    } catch (error) {
      fail(call, error, true);
      return;
    }
    if (loadOnly) {
      succeed(call, null);
      return;
    }
    try {
      const value = kit.apply(handler, undefined, [kit.makeCtx(call, env, args)]);
      kit.then(kit.resolved(value), (result) => succeed(call, result), (error) => fail(call, error));
    } catch (error) {
      fail(call, error);
    }
  }

  function end() {
    if (current === null) return;
    current.ended = true;
    kit.mapClear(current.open);
    kit.endTimers();
    try {
      tellRejections();
    } finally {
      current = null;
    }
  }

  return { start, fire: kit.fireTimer, reply, stuck, end, rejected };
});
