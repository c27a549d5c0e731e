// Timers. Each belongs to the call during which it was made, and ends with it.
(function (kit, raw) {
  'use strict';
  const pending = new kit.Map();
  let last = 0;

  class Timeout {
    #id; #callback; #args; #delay; #repeat; #keepsAlive = true;

    constructor(callback, delay, repeat, args) {
      this.#callback = callback;
      this.#args = args;
      this.#delay = delay;
      this.#repeat = repeat;
      this.#arm();
    }

    #arm() {
      this.#id ??= ++last;
      kit.mapSet(pending, this.#id, this);
      raw.setTimer(this.#id, this.#delay, this.#keepsAlive);
    }

    ref() { return this.#keep(true); }
    unref() { return this.#keep(false); }
    hasRef() { return this.#keepsAlive; }

    #keep(keeps) {
      this.#keepsAlive = keeps;
      if (kit.mapGet(pending, this.#id) === this) raw.keepTimer(this.#id, keeps);
      return this;
    }

    refresh() {
      this.#arm();
      return this;
    }

    close() {
      kit.mapDelete(pending, this.#id);
      raw.clearTimer(this.#id);
      return this;
    }

    [Symbol.toPrimitive]() { return this.#id; }

    static fire(timeout) {
      if (timeout.#repeat) timeout.#arm();
      else kit.mapDelete(pending, timeout.#id);
      kit.apply(timeout.#callback, timeout, timeout.#args);
    }

    static isTimeout(value) { return typeof value === 'object' && value !== null && #id in value; }
  }
  class Immediate extends Timeout {}
  const { fire, isTimeout } = Timeout;

  // Node's rule: everything that is no sensible delay is one millisecond.
  const delayOf = (value) => {
    const delay = +value;
    return delay >= 1 && delay <= 0x7fffffff ? delay : 1;
  };

  const start = (Kind, callback, delay, repeat, args) => {
    if (typeof callback !== 'function') {
      throw kit.fault('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function.', kit.TypeError);
    }
    return new Kind(callback, delay, repeat, args);
  };

  function clear(timer) {
    const timeout = isTimeout(timer) ? timer : kit.mapGet(pending, +timer);
    if (timeout !== undefined) timeout.close();
  }

  kit.timers = {
    setTimeout: (callback, delay, ...args) => start(Timeout, callback, delayOf(delay), false, args),
    setInterval: (callback, delay, ...args) => start(Timeout, callback, delayOf(delay), true, args),
    setImmediate: (callback, ...args) => start(Immediate, callback, 0, false, args),
    clearTimeout: (timer) => clear(timer),
    clearInterval: (timer) => clear(timer),
    clearImmediate: (timer) => clear(timer),
  };

  kit.fireTimer = (id) => {
    const timeout = kit.mapGet(pending, id);
    if (timeout === undefined) return;
    try {
      fire(timeout);
    } catch (error) {
      kit.uncaught(error);
    }
  };

  kit.endTimers = () => kit.mapClear(pending);
});
