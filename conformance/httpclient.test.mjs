// ctx.httpclient: a function's requests leave through the server and come back as urllib would give them.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { anonymousToken, invoke } from './lib/raw.mjs';
import { startServer } from './lib/server.mjs';

const functions = {
  fetches: `module.exports = async (ctx) => {
    const { status, headers, data } = await ctx.httpclient.request(ctx.args.url, ctx.args.options);
    return { status, headers, data: Buffer.isBuffer(data) ? 'buffer:' + data.toString('utf8') : data };
  };`,
  catches: `module.exports = async (ctx) => {
    try {
      await ctx.httpclient.request(ctx.args.url, ctx.args.options);
      return 'nothing thrown';
    } catch (error) {
      return { isError: error instanceof Error, name: error.name, message: error.message };
    }
  };`,
};

describe('ctx.httpclient', { concurrency: true }, () => {
  let server;
  let token;
  let target;
  let origin;
  before(async () => {
    target = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        if (request.url === '/moved') return response.writeHead(302, { location: '/elsewhere' }).end();
        if (request.url === '/silent') return undefined;
        const { method, url, headers } = request;
        response.setHeader('x-answer', 'yes');
        return response.end(JSON.stringify({ method, url, type: headers['content-type'], body: Buffer.concat(chunks).toString() }));
      });
    });
    await new Promise((done) => target.listen(0, '127.0.0.1', done));
    origin = `http://127.0.0.1:${target.address().port}`;
    server = await startServer({ functions });
    token = await anonymousToken(server);
  });
  after(async () => {
    target.closeAllConnections();
    target.close();
    await server?.stop();
  });

  const call = async (name, path, options) => {
    const reply = await invoke(server, token, name, { url: path.startsWith('/') ? origin + path : path, options });
    assert.equal(reply.success, true, JSON.stringify(reply));
    return reply.data;
  };

  test('a plain request gives status, headers in lower case, and a buffer', async () => {
    const answer = await call('fetches', '/plain', undefined);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-answer'], 'yes');
    assert.match(answer.data, /^buffer:\{"method":"GET","url":"\/plain"/);
  });

  test('data is a query for GET and a form for POST; dataType json parses', async () => {
    const got = await call('fetches', '/q', { data: { a: '1', b: '中' }, dataType: 'json' });
    assert.equal(got.data.url, '/q?a=1&b=%E4%B8%AD');
    const posted = await call('fetches', '/p', { method: 'POST', data: { a: '1' }, dataType: 'json' });
    assert.deepEqual([posted.data.type, posted.data.body], ['application/x-www-form-urlencoded', 'a=1']);
  });

  test('contentType json sends JSON', async () => {
    const { data } = await call('fetches', '/j', { method: 'PUT', contentType: 'json', data: { 名: [1] }, dataType: 'json' });
    assert.deepEqual([data.method, data.type, JSON.parse(data.body)], ['PUT', 'application/json', { 名: [1] }]);
  });

  test('a redirect is an answer, not an order', async () => {
    const { status, headers } = await call('fetches', '/moved', undefined);
    assert.deepEqual([status, headers.location], [302, '/elsewhere']);
  });

  test('silence ends in ResponseTimeoutError, and no connection in an error that can be caught', async () => {
    const silent = await call('catches', '/silent', { timeout: 100 });
    assert.deepEqual([silent.isError, silent.name], [true, 'ResponseTimeoutError']);
    const refused = await call('catches', 'http://127.0.0.1:1/', undefined);
    assert.deepEqual([refused.isError, refused.name], [true, 'RequestError']);
  });

  test('only http and https leave', async () => {
    const answer = await call('catches', 'file:///etc/hostname', undefined);
    assert.equal(answer.isError, true);
    assert.match(answer.message, /must be http or https/);
  });
});
