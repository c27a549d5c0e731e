// Core modules that a guest cannot have. Requiring one works, because many libraries do so
// without need; using anything of it throws and says why.
(function (kit) {
  'use strict';
  const FILES = 'there is no file system; bundle the data with the function, or use the services on ctx';
  const NETWORK = 'there is no direct network access; use ctx.httpclient or the services on ctx';
  const PROCESSES = 'a function starts no processes or threads';
  const ABSENT = 'this core module is not provided';

  const REMEDIES = {
    __proto__: null,
    fs: FILES, 'fs/promises': FILES,
    net: NETWORK, http: NETWORK, https: NETWORK, http2: NETWORK, tls: NETWORK, dgram: NETWORK,
    dns: NETWORK, 'dns/promises': NETWORK,
    child_process: PROCESSES, cluster: PROCESSES, worker_threads: PROCESSES,
    'stream/web': ABSENT, 'stream/consumers': ABSENT,
    zlib: ABSENT, vm: ABSENT, v8: ABSENT, readline: ABSENT, 'readline/promises': ABSENT, repl: ABSENT,
    tty: ABSENT, inspector: ABSENT, async_hooks: ABSENT, diagnostics_channel: ABSENT, perf_hooks: ABSENT,
    wasi: ABSENT, domain: ABSENT, trace_events: ABSENT, sys: ABSENT,
  };

  // Values that libraries read while they load.
  const VALUES = {
    __proto__: null,
    fs: { constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 } },
    http: { METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'], STATUS_CODES: {} },
    zlib: { constants: {} },
    worker_threads: { isMainThread: true, threadId: 0, parentPort: null, workerData: null },
    cluster: { isMaster: true, isPrimary: true, isWorker: false },
    perf_hooks: { performance: globalThis.performance },
  };

  kit.refusedNames = kit.keys(REMEDIES);
  kit.refusedModule = (name) => kit.requireBuiltin('refused')(name, REMEDIES[name], VALUES[name]);
});
