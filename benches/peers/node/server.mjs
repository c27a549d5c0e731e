// A minimal gateway that does the work of a signed initialize: parse the form, verify with node:crypto, insert durably
// with better-sqlite3, sign the answer. What a careful developer would write; no framework, prepared statements, WAL.
//
//   npm install && npm rebuild better-sqlite3    once; compiles SQLite
//   node server.mjs APP_PUBLIC_KEY GATEWAY_PRIVATE_KEY DATABASE   prints {"endpoint": …} when ready

import Database from 'better-sqlite3';
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [appKeyFile, gatewayKeyFile, file] = process.argv.slice(2);
const appKey = createPublicKey(readFileSync(appKeyFile));
const gatewayKey = createPrivateKey(readFileSync(gatewayKeyFile));

const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`CREATE TABLE IF NOT EXISTS certifications (
  certify_id TEXT PRIMARY KEY, app_id TEXT NOT NULL, outer_order_no TEXT NOT NULL, content TEXT NOT NULL,
  created_at INTEGER NOT NULL, UNIQUE (app_id, outer_order_no)) STRICT, WITHOUT ROWID`);
const insert = database.prepare('INSERT INTO certifications VALUES (?, ?, ?, ?, ?)');

function initialize(body) {
  const parameters = new URLSearchParams(body);
  const names = [...parameters.keys()].filter((name) => name !== 'sign' && parameters.get(name) !== '').sort();
  const canonical = names.map((name) => `${name}=${parameters.get(name)}`).join('&');
  const signature = Buffer.from(parameters.get('sign'), 'base64');
  if (!verify('sha256', Buffer.from(canonical), appKey, signature)) return { code: '40002', sub_code: 'isv.invalid-signature' };
  const content = JSON.parse(parameters.get('biz_content'));
  const time = Date.now().toString(16).padStart(12, '0');
  const certifyId = time + randomBytes(10).toString('hex');
  insert.run(certifyId, parameters.get('app_id'), content.outer_order_no, JSON.stringify(content), Date.now());
  return { code: '10000', msg: 'Success', certify_id: certifyId };
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const node = JSON.stringify(initialize(Buffer.concat(chunks).toString()));
    const signature = sign('sha256', Buffer.from(node), gatewayKey).toString('base64');
    const body = `{"alipay_user_certify_open_initialize_response":${node},"sign":"${signature}"}`;
    response.writeHead(200, { 'content-type': 'text/html;charset=utf-8', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ endpoint: `http://127.0.0.1:${server.address().port}` })));
