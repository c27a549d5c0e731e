// CommonJS: modules of the guest, and built-in ones.
(function (kit, raw) {
  'use strict';
  const { own } = kit;
  const cache = kit.create(null);
  const builtins = kit.create(null);
  const refused = kit.create(null);
  let main;

  // --- built-in modules -------------------------------------------------------------------------

  function requireBuiltin(name) {
    const known = builtins[name];
    if (known !== undefined) return known.exports;
    const module = { __proto__: null, exports: {} };
    const define = raw.builtin(name);
    if (define === undefined) throw kit.fault('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${name}`);
    own(builtins, name, module);
    kit.apply(define, undefined, [module.exports, requireBuiltin, module, kit.native, kit]);
    return module.exports;
  }

  // Modules that are made of what is there already.
  const MADE = {
    __proto__: null,
    process: () => globalThis.process,
    console: () => globalThis.console,
    module: () => Module,
    'path/posix': () => requireBuiltin('path').posix,
    'path/win32': () => requireBuiltin('path').win32,
  };

  const isBuiltin = (name) => name in MADE || raw.isBuiltin(name) || kit.refusedNames.includes(name);

  function loadBuiltin(name) {
    if (name in MADE) return MADE[name]();
    if (raw.isBuiltin(name)) return requireBuiltin(name);
    refused[name] ??= kit.refusedModule(name);
    return refused[name];
  }

  // --- modules of the guest ---------------------------------------------------------------------

  function Module(id, parent) {
    this.id = id;
    this.path = id === undefined ? '' : folderOf(id);
    this.exports = {};
    this.filename = id;
    this.loaded = false;
    this.children = [];
    this.paths = raw.modulePaths(this.path);
    kit.define(this, 'parent', { __proto__: null, value: parent, writable: true, configurable: true });
  }
  Module.prototype.require = function (request) {
    return requireFrom(this, request);
  };
  Module.Module = Module;
  Module._cache = cache;
  Module.isBuiltin = (name) => isBuiltin(plainName(name));
  Module.createRequire = (file) => makeRequire(new Module(kit.String(file?.pathname ?? file).replace(/^file:\/\//, ''), undefined));
  kit.define(Module, 'builtinModules', { get: () => [...raw.builtinNames(), ...kit.keys(MADE), ...kit.refusedNames] });

  const folderOf = (file) => kit.slice(file, 0, file.lastIndexOf('/')) || '/';
  const plainName = (request) => (request.startsWith('node:') ? kit.slice(request, 5) : request);

  function checkRequest(request) {
    if (typeof request === 'string' && request !== '') return;
    const shown = request === '' ? 'an empty string' : typeof request;
    throw kit.fault('ERR_INVALID_ARG_VALUE', `The argument 'id' must be a module's name. Received ${shown}`, kit.TypeError);
  }

  // A file's path, or the name of a built-in module.
  function resolve(from, request) {
    checkRequest(request);
    const name = plainName(request);
    if (isBuiltin(name)) return { builtin: name };
    if (name !== request) throw kit.fault('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${request}`);
    const [path, code, message] = raw.resolve(from.path, kit.wellFormed(request));
    if (path === '') throw kit.fault(code, message);
    return { path };
  }

  function requireFrom(parent, request) {
    const { builtin, path } = resolve(parent, request);
    if (builtin !== undefined) return loadBuiltin(builtin);
    const known = cache[path];
    const module = known ?? new Module(path, parent);
    if (!parent.children.includes(module)) parent.children.push(module);
    if (known === undefined) load(module);
    return module.exports;
  }

  // A module that throws while it loads is loaded anew by the next who asks for it.
  function load(module) {
    const { filename } = module;
    own(cache, filename, module);
    let done = false;
    try {
      run(module);
      done = true;
    } finally {
      if (!done) delete cache[filename];
    }
    module.loaded = true;
  }

  function run(module) {
    const { filename, path } = module;
    if (filename.endsWith('.json')) {
      module.exports = parseJson(filename);
    } else if (filename.endsWith('.node')) {
      throw kit.fault('ERR_DLOPEN_FAILED', `Cannot load ${raw.shortName(filename)}: native add-ons do not run in cloud functions`);
    } else {
      const define = raw.compile(filename);
      const { exports } = module;
      kit.apply(define, exports, [exports, makeRequire(module), module, filename, path]);
    }
  }

  function parseJson(filename) {
    const text = raw.read(filename);
    try {
      return kit.parse(text);
    } catch (error) {
      error.message = `${raw.shortName(filename)}: ${error.message}`;
      throw error;
    }
  }

  function makeRequire(module) {
    const require = (request) => requireFrom(module, request);
    require.resolve = (request) => {
      const { builtin, path } = resolve(module, request);
      return builtin === undefined ? path : request;
    };
    require.resolve.paths = (request) => (isBuiltin(plainName(request)) ? null : module.paths);
    require.main = main;
    require.cache = cache;
    require.extensions = kit.create(null);
    return require;
  }

  // --- the function itself ----------------------------------------------------------------------

  function badEntry(message) {
    const error = kit.fault(undefined, message);
    kit.define(error, 'badEntry', { __proto__: null, value: true });
    return error;
  }

  kit.requireBuiltin = requireBuiltin;

  // The handler that the function's entry exports.
  kit.loadHandler = () => {
    main = new Module(raw.entry(), null);
    load(main);
    const { exports } = main;
    if (typeof exports === 'function') return exports;
    const inner = exports === null || typeof exports !== 'object' ? undefined : exports.default;
    if (typeof inner === 'function') return inner;
    if (typeof exports?.main === 'function') {
      throw badEntry('index.js exports main, which is not called here: set module.exports to the function itself');
    }
    throw badEntry('index.js must set module.exports to a function: module.exports = async (ctx) => value');
  };
});
