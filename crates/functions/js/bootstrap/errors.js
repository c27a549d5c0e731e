// Errors made here, and errors thrown by guests put into words.
(function (kit) {
  'use strict';

  kit.fault = (code, message, Base = kit.Error) => {
    const error = new Base(message);
    kit.own(error, 'code', code);
    return error;
  };

  // A failed host call as the guest sees it.
  kit.hostError = (code, message) => {
    const error = kit.fault(code, message);
    kit.define(error, 'name', { __proto__: null, value: 'HostError', writable: true, configurable: true });
    return error;
  };

  function describeObject(thrown) {
    const { message, name } = thrown;
    if (typeof message === 'string' && message !== '') return message;
    if (typeof name === 'string' && name !== '' && message === '') return name;
    const text = kit.stringify(thrown);
    return `the function threw ${text === undefined ? typeof thrown : text}`;
  }

  function describe(thrown) {
    if (typeof thrown === 'string') return thrown === '' ? 'the function threw an empty string' : thrown;
    if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) {
      return `the function threw ${kit.String(thrown)}`;
    }
    return describeObject(thrown);
  }

  // The error's code, when it has one that can be read.
  function codeOf(thrown) {
    if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) return undefined;
    const { code } = thrown;
    if (typeof code === 'string' && code !== '') return code;
    return typeof code === 'number' && kit.isFinite(code) ? `${code}` : undefined;
  }

  // Anything may have been thrown, also an object whose members throw when they are read.
  const attempt = (read, thrown, otherwise) => {
    try {
      return read(thrown);
    } catch {
      return otherwise;
    }
  };

  kit.explain = (thrown) => ({
    __proto__: null,
    message: attempt(describe, thrown, 'the function threw something that cannot be described'),
    code: attempt(codeOf, thrown, undefined),
  });
});
