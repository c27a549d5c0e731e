// One Node.js process for each call: what isolation costs without anything clever. Prints {"port": …} when ready.
//
//   FUNCTION=/path/index.js node spawn.mjs

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';

const PROGRAM = `let text = '';
process.stdin.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', async () => {
  process.stdout.write(JSON.stringify(await require(process.env.FUNCTION)({ args: JSON.parse(text) })));
});`;

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const child = execFile(process.execPath, ['-e', PROGRAM], (problem, stdout) => {
    response.statusCode = problem ? 500 : 200;
    response.end(stdout);
  });
  child.stdin.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
