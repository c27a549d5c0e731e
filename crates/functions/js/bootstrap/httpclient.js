// ctx.httpclient: requests in the manner of urllib 2, sent by the host.
(function (kit, raw) {
  'use strict';
  const DEFAULT_TIMEOUT = 5000;
  const Buffer = () => kit.requireBuiltin('buffer').Buffer;
  const escape = encodeURIComponent;

  // --- the request ------------------------------------------------------------------------------

  function formEncode(data) {
    const pairs = [];
    for (const key of kit.keys(data)) {
      const value = data[key];
      for (const item of kit.isArray(value) ? value : [value]) {
        const shown = item === undefined || item === null ? '' : typeof item === 'object' ? kit.stringify(item) : item;
        pairs.push(`${escape(key)}=${escape(shown)}`);
      }
    }
    return pairs.join('&');
  }

  function lowerCaseNames(headers) {
    const result = {};
    for (const name of kit.keys(headers ?? {})) {
      if (headers[name] !== undefined) kit.own(result, name.toLowerCase(), kit.String(headers[name]));
    }
    return result;
  }

  const withQuery = (url, query) => {
    if (query === '') return url;
    const [before, ...hash] = url.split('#');
    return `${before}${before.includes('?') ? '&' : '?'}${query}`;
  };

  const isBytes = (value) => kit.isView(value) || value instanceof ArrayBuffer;
  const isJson = (type) => type !== undefined && /^application\/json\b|^json$/i.test(type);

  // The body as text or bytes, or undefined; sets the content type that goes with it.
  function encodeBody({ content, data }, contentType, headers) {
    const given = content ?? data;
    if (given === undefined || given === null) return undefined;
    if (typeof given === 'string' || isBytes(given)) return given;
    if (isJson(contentType ?? headers['content-type'])) {
      headers['content-type'] ??= 'application/json';
      return kit.stringify(given);
    }
    headers['content-type'] ??= 'application/x-www-form-urlencoded';
    return formEncode(given);
  }

  function timeoutOf({ timeout = DEFAULT_TIMEOUT }) {
    const last = kit.isArray(timeout) ? timeout[timeout.length - 1] : timeout;
    return last > 0 && kit.isFinite(+last) ? Math.ceil(+last) : DEFAULT_TIMEOUT;
  }

  const toBase64 = (body) => kit.bytes(typeof body === 'string' ? kit.native.utf8Encode(body) : body);

  function prepare(target, options) {
    let url = kit.String(target?.href ?? target);
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) url = `http://${url}`;
    const method = kit.String(options.method ?? options.type ?? 'GET').toUpperCase();
    const headers = lowerCaseNames(options.headers);
    const { auth, contentType, dataType } = options;
    if (contentType !== undefined) headers['content-type'] ??= isJson(contentType) ? 'application/json' : kit.String(contentType);
    if (dataType === 'json') headers.accept ??= 'application/json';
    if (auth !== undefined) headers.authorization ??= `Basic ${toBase64(kit.String(auth))}`;

    let source = options;
    const asQuery = method === 'GET' || method === 'HEAD' || options.dataAsQueryString;
    if (asQuery && options.data !== undefined && options.data !== null) {
      url = withQuery(url, typeof options.data === 'object' ? formEncode(options.data) : kit.String(options.data));
      source = { content: options.content };
    }
    const body = encodeBody(source, contentType, headers);
    return {
      url, method, headers,
      body: body === undefined ? undefined : toBase64(body),
      timeoutMs: timeoutOf(options),
    };
  }

  // --- the response -----------------------------------------------------------------------------

  const NAMES = {
    __proto__: null,
    ConnectionTimeout: 'ConnectionTimeoutError', ConnectionTimeoutError: 'ConnectionTimeoutError',
    ResponseTimeout: 'ResponseTimeoutError', ResponseTimeoutError: 'ResponseTimeoutError',
    Timeout: 'ResponseTimeoutError',
  };

  function failed(name, cause, request, response) {
    const { status = -1, headers = {} } = response ?? {};
    const error = new kit.Error(`${cause.message}, ${request.method} ${request.url} ${status}`);
    return Object.assign(error, {
      name, code: cause.code, status, headers, res: { status, statusCode: status, headers, size: 0 },
    });
  }

  function decode(buffer, kind) {
    if (kind === 'text') return buffer.toString('utf8');
    if (kind !== 'json') return buffer;
    const text = buffer.toString('utf8');
    return text === '' ? null : kit.parse(text);
  }

  function receive(reply, options, request) {
    const buffer = Buffer().from(reply.body ?? '', 'base64');
    const { status } = reply;
    const headers = lowerCaseHeaders(reply.headers);
    const res = { status, statusCode: status, headers, size: buffer.length, data: buffer };
    try {
      const data = decode(buffer, options.dataType ?? options.responseType);
      res.data = data;
      return { status, headers, data, res };
    } catch (error) {
      throw failed('JSONResponseFormatError', error, request, { status, headers });
    }
  }

  // Unlike a request's, a response's header may be a list (set-cookie).
  function lowerCaseHeaders(headers) {
    const result = {};
    for (const name of kit.keys(headers ?? {})) kit.own(result, name.toLowerCase(), headers[name]);
    return result;
  }

  async function send(hostCall, url, options) {
    const request = prepare(url, options);
    let reply;
    try {
      reply = await hostCall('http', request);
    } catch (error) {
      throw failed(NAMES[error.code] ?? 'RequestError', error, request);
    }
    return receive(reply, options, request);
  }

  kit.httpclient = (hostCall) => {
    function request(url, options, callback) {
      if (typeof options === 'function') [options, callback] = [undefined, options];
      const sent = send(hostCall, url, options ?? {});
      if (typeof callback !== 'function') return sent;
      kit.then(
        sent,
        ({ data, res }) => kit.queue(() => callback(null, data, res)),
        (error) => kit.queue(() => callback(error, undefined, error.res)),
      );
      return undefined;
    }
    return { request, curl: request, requestThunk: (url, options) => (callback) => request(url, options, callback) };
  };
});
