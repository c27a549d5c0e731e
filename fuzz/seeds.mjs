// Writes fuzz/seeds/<target>/… from the recorded vectors of the wire crate. Run: node fuzz/seeds.mjs
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const vectors = join(here, "../crates/wire/tests/vectors");
const read = (name) => readFileSync(join(vectors, name), "utf8");
const json = (name) => JSON.parse(read(name));
const LIMIT = 290_000;
let total = 0;

rmSync(join(here, "seeds"), { recursive: true, force: true });

/** Writes one seed; equal ones are one file, so a second run changes nothing. */
const written = new Set();
function seed(target, ...parts) {
  const bytes = Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part))));
  const name = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const path = join(here, "seeds", target, name);
  if (bytes.length > 8192 || written.has(path)) return;
  written.add(path);
  total += bytes.length;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

// The gateway, both versions.
const requests = json("openapi/requests.node.json").vectors;
for (const { protocol, http } of requests) {
  const [path, query = ""] = http.target.split(/\?(.*)/s);
  const body = http.body ?? "";
  if (protocol === "v2") {
    for (const selector of [0, 0x1e]) seed("gateway_parameters", selector, query, 0, body);
    const content = new URLSearchParams(`${query}&${body}`).get("biz_content");
    if (content) {
      seed("business_content", content);
      seed("charset", 0, content);
      if (!content.startsWith("{")) seed("cipher", 0, Buffer.alloc(16), content);
    }
  } else {
    const header = http.headers.find(([name]) => name === "authorization")[1];
    seed("rest", header, 0, query, 0, body.slice(0, 7));
    seed("rest", header, 0, query, 0, body);
    if (body.startsWith("{")) seed("business_content", body);
  }
}
// GBK: %D5%C5 is one character; a lone percent sign, empty values, a name twice.
seed("gateway_parameters", 1, "app_id=1&charset=GBK&method=m&biz_content=%D5%C5+x", 0, "a=%&e=&s=%2B");
seed("gateway_parameters", 2, "app_id=1&a=%94%39%FC%36", 0, "app_id=2");
for (const { body } of requests.map((vector) => vector.http).slice(0, 4)) seed("json", `name\n${body}\nb{\n}{\\/`);
seed("json", "~\n{\\\"a\\\":1}");
seed("json", "~1张😀\n}");
seed("json", "alipay.user.certify.open.query");
for (const bytes of ["d5c5b8fc", "80", "a2e3", "8135f437", "9439fc36", "a6d9", "fe59", "ff"]) {
  for (const selector of [1, 2]) seed("charset", selector, Buffer.from(bytes, "hex"));
}
for (const selector of [0, 1, 2]) seed("charset", selector, '{"a":"张\\/😀𠮷€ü"}');

// Keys and certificates: as files, as DER, and as one line of Base64.
const der = (text) => Buffer.from(text.replace(/-----[^-]*-----/g, ""), "base64");
const blocks = (text) => text.match(/-----BEGIN [^-]*-----[^-]*-----END [^-]*-----/g);
const forms = { app_private_pkcs8: 2, app_private_pkcs1: 3, app_public: 4 };
for (const [name, form] of Object.entries(forms)) {
  const text = read(`openapi/keys/${name}.pem`);
  seed("key", 0, text);
  seed("key", 0, der(text).toString("base64"));
  seed("key", 1, der(text));
  seed("key", form, der(text));
}
const modulus = der(read("openapi/keys/app_public.pem")).subarray(33, 33 + 256);
seed("key", 5, Buffer.from([1, 0, 1]), modulus);
seed("key", 5, Buffer.from([0, 0, 3]), modulus, modulus);
seed("key", 5, Buffer.from([1, 0, 1]), modulus, modulus, modulus, modulus);
seed("key", 0, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
for (const name of ["app_cert", "alipay_cert", "intermediate_cert", "alipay_root_bundle"]) {
  const text = read(`openapi/keys/${name}.crt`);
  seed("certificate", 0, text);
  for (const block of blocks(text)) {
    seed("certificate", 1, der(block));
    seed("certificate", 2, der(block));
  }
}
seed("key", 0, read("openapi/keys/app_cert.crt"));

// Encrypted content.
const { aes } = json("openapi/primitives.json");
seed("cipher", 0, Buffer.alloc(16, 1), aes.key_base64);
for (const [index, { plaintext, ciphertext }] of aes.cases.entries()) {
  seed("cipher", index, Buffer.alloc(16, index), plaintext);
  seed("cipher", index, Buffer.alloc(16, index), ciphertext);
}
for (const text of ["AES", "AES_V2"]) seed("cipher", 0, Buffer.alloc(16), text);

// Serverless.
const files = ["client-alipay", "client-anonymous", "client-calls", "client-errors", "server-calls", "cloud-calls"];
const exchanges = files.flatMap((file) => json(`${file}.json`).steps).flatMap((step) => step.exchanges);
for (const { request } of exchanges) {
  seed("serverless_body", request.body);
  const params = JSON.parse(request.body).params;
  if (typeof params !== "string" || !params.startsWith("{")) continue;
  const { functionArgs } = JSON.parse(params);
  if (functionArgs) seed("cloud_call", JSON.stringify(functionArgs));
  if (functionArgs?.params?.identity_param) seed("business_content", JSON.stringify(functionArgs.params));
}
for (const { body } of json("signing.json").cases) seed("serverless_body", JSON.stringify(body));
for (const { functionArgs } of json("page-calls.recommended.json").calls) {
  if (functionArgs) seed("cloud_call", JSON.stringify(functionArgs));
}

if (total > LIMIT) throw new Error(`seeds take ${total} bytes, more than ${LIMIT}`);
console.log(`${written.size} seeds, ${total} bytes`);
