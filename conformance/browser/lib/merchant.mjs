// The merchant's side: opens certifications by npm alipay-sdk, asks for results, takes the person back.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { AlipaySdk } from 'alipay-sdk';
import { CERTIFY, INITIALIZE, QUERY } from '../../lib/openapi.mjs';
import { order, person } from '../../lib/orders.mjs';

/** Numbers that decide in test mode; any other leads to the page where the outcome is chosen. */
export const NUMBERS = {
  passes: '11000019900307001X',
  differs: '110000199003070028',
  notLive: '110000199003070036',
  undecided: '11010519491231002X',
};

export class Merchant {
  constructor(server) {
    this.server = server;
    this.sdk = new AlipaySdk({
      appId: server.ready.app_id,
      privateKey: server.key('app_private_key'),
      alipayPublicKey: server.key('gateway_public_key'),
      gateway: server.gateway,
      timeout: 30_000,
    });
  }

  /** A certification and the link to it. */
  async begin({ scene = 'FACE', number = NUMBERS.undecided, initUrl, returnUrl } = {}) {
    const bizContent = { ...order(), bizCode: scene, identityParam: { ...person(), certNo: number } };
    if (initUrl) bizContent.merchantConfig = { returnUrl: initUrl };
    const opened = await this.#exec(INITIALIZE, bizContent);
    assert.equal(opened.code, '10000', opened.subMsg);
    const page = { bizContent: { certify_id: opened.certifyId }, ...(returnUrl ? { returnUrl } : {}) };
    return { certifyId: opened.certifyId, link: this.sdk.pageExecute(CERTIFY, 'GET', page) };
  }

  /** `T` or `F`, as the merchant's server learns it. */
  async passed(certifyId) {
    return (await this.#exec(QUERY, { certifyId })).passed;
  }

  #exec(method, bizContent) {
    return this.sdk.exec(method, { bizContent }, { validateSign: true });
  }

  /** What the server says of a certification, whole, to compare. */
  async status(certifyId) {
    const answer = await fetch(`${this.server.endpoint}/test/certifications/${certifyId}`);
    return answer.json();
  }
}

const EMPTY_PAGE = '<!doctype html><html lang="en"><title>Merchant</title><link rel="icon" href="data:,"><body><h1>Merchant</h1>';

/** The merchant's site: `pages` maps a path to HTML, any other path is an empty page. */
export async function startSite(pages = {}) {
  const visits = [];
  const site = createServer((request, answer) => {
    const { pathname } = new URL(request.url, 'http://site');
    visits.push({ path: request.url, headers: request.headers });
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(pages[pathname] ?? EMPTY_PAGE);
  });
  await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
  const stop = () => {
    site.closeAllConnections();
    return new Promise((closed) => site.close(closed));
  };
  return { origin: `http://127.0.0.1:${site.address().port}`, visits, stop };
}
