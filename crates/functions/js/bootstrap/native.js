// What the built-in modules may use of the engine's outside. Bytes cross the border as Base64,
// which the engine writes itself; texts cross it well-formed, because they become UTF-8.
(function (kit, raw) {
  'use strict';
  const { wellFormed, String } = kit;

  const bytes = (source) =>
    kit.toBase64(
      kit.isView(source)
        ? new kit.Uint8Array(source.buffer, source.byteOffset, source.byteLength)
        : new kit.Uint8Array(source),
    );
  const text = (value) => wellFormed(String(value));

  kit.native = kit.freeze({
    __proto__: null,
    hash: (algorithm, data) => raw.hash(text(algorithm), bytes(data)),
    hmac: (algorithm, key, data) => raw.hmac(text(algorithm), bytes(key), bytes(data)),
    pbkdf2: (algorithm, password, salt, iterations, length) =>
      raw.pbkdf2(text(algorithm), bytes(password), bytes(salt), iterations, length),
    random: (count) => raw.random(count),
    utf8Encode: (value) => raw.utf8Encode(text(value)),
    utf8Decode: (data, fatal) => raw.utf8Decode(bytes(data), !!fatal),
    base64Encode: (data) => bytes(data),
    urlParse: (input, base) => raw.urlParse(text(input), base === undefined ? undefined : text(base)),
    urlSet: (href, part, value) => raw.urlSet(text(href), text(part), text(value)),
    domainToASCII: (domain) => raw.domainToASCII(text(domain)),
    hrtime: () => raw.now(),
    isProxy: (value) => raw.isProxy(value),
    promiseState: (promise) => raw.promiseState(promise),
    log: (level, line) => raw.log(text(level), text(line)),
  });
  kit.bytes = bytes;
  kit.text = text;
});
