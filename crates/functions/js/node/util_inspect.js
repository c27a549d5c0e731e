'use strict';
// util.inspect: any value as text, laid out as Node does (80 columns, up to
// three inner levels on one line, long arrays in columns). Not covered:
// looking into iterators and weak collections, showProxy (needs
// native.isProxy), and promise states unless the host offers
// native.promiseState(p) -> ['pending'|'fulfilled'|'rejected', value].

const types = require('util_types');
const ordinary = require('util_ordinary');
const { isCoded, argType } = require('internal_errors');
const { stripVTControlCharacters, quote, escaped, width } = require('util_inspect_text');
const { assemble, LIST } = require('util_inspect_layout');

const custom = Symbol.for('nodejs.util.inspect.custom');
const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
const enumerable = (object, key) => Object.prototype.propertyIsEnumerable.call(object, key);

const OBJECT = 0; // how a container's own keys are laid out
const ITEM = 1; // an array slot: value only
// LIST: an array's other keys; the container may be put in columns

const defaults = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false,
};

const colors = { __proto__: null };
for (const [name, open, close] of [
  ['reset', 0, 0], ['bold', 1, 22], ['dim', 2, 22], ['italic', 3, 23], ['underline', 4, 24], ['blink', 5, 25],
  ['inverse', 7, 27], ['hidden', 8, 28], ['strikethrough', 9, 29], ['black', 30, 39], ['red', 31, 39],
  ['green', 32, 39], ['yellow', 33, 39], ['blue', 34, 39], ['magenta', 35, 39], ['cyan', 36, 39], ['white', 37, 39],
  ['gray', 90, 39], ['grey', 90, 39],
]) colors[name] = [open, close];
const styles = {
  __proto__: null, special: 'cyan', number: 'yellow', bigint: 'yellow', boolean: 'yellow', undefined: 'grey',
  null: 'bold', string: 'green', symbol: 'green', date: 'magenta', regexp: 'red', module: 'underline',
};

function inspect(value, options, depth, useColors) {
  const ctx = {
    ...defaults, seen: [], circular: null, indent: 0, level: 0, user: null,
    stylize: (text) => text,
  };
  if (arguments.length > 1 && typeof options === 'boolean') {
    ctx.showHidden = options;
    if (depth !== undefined) ctx.depth = depth;
    if (useColors !== undefined) ctx.colors = useColors;
  } else if (options) {
    for (const key of Object.keys(options)) if (has(defaults, key) || key === 'stylize') ctx[key] = options[key];
    ctx.user = options;
  }
  if (ctx.colors) {
    ctx.stylize = (text, style) => {
      const pair = colors[styles[style]];
      return pair ? `\u001b[${pair[0]}m${text}\u001b[${pair[1]}m` : text;
    };
  }
  if (ctx.maxArrayLength === null) ctx.maxArrayLength = Infinity;
  if (ctx.maxStringLength === null) ctx.maxStringLength = Infinity;
  return any(ctx, value, 0, true);
}

function userOptions(ctx) {
  const out = { stylize: ctx.stylize };
  for (const key of Object.keys(defaults)) out[key] = ctx[key];
  return { ...out, ...ctx.user };
}

function any(ctx, value, level, top) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return primitive(ctx, value, top);
  if (ctx.customInspect && !types.isProxy(value)) {
    const own = value[custom];
    if (typeof own === 'function' && own !== inspect
      && !(value.constructor && value.constructor.prototype === value)) {
      const depth = ctx.depth === null ? null : ctx.depth - level;
      const shown = own.call(value, depth, userOptions(ctx), inspect);
      if (shown !== value) {
        return typeof shown === 'object'
          ? any(ctx, shown, level, false) : `${shown}`.replaceAll('\n', `\n${' '.repeat(ctx.indent)}`);
      }
    }
  }
  if (ctx.seen.includes(value)) {
    if (ctx.circular === null) ctx.circular = new Map();
    if (!ctx.circular.has(value)) ctx.circular.set(value, ctx.circular.size + 1);
    return ctx.stylize(`[Circular *${ctx.circular.get(value)}]`, 'special');
  }
  return compound(ctx, value, level);
}

// ---- primitives -----------------------------------------------------------

function number(ctx, value) {
  if (Object.is(value, -0)) return ctx.numericSeparator ? '0' : '-0';
  const text = String(value);
  if (!ctx.numericSeparator || !/^-?\d+(\.\d+)?$/.test(text)) return text;
  const [whole, part] = text.split('.');
  const head = whole.replace(/\B(?=(\d{3})+$)/g, '_');
  return part === undefined ? head : `${head}.${part.replace(/(\d{3})(?=\d)/g, '$1_')}`;
}

function primitive(ctx, value, top) {
  switch (typeof value) {
    case 'string': {
      let tail = '';
      if (value.length > ctx.maxStringLength) {
        const rest = value.length - ctx.maxStringLength;
        value = value.slice(0, ctx.maxStringLength);
        tail = `... ${rest} more character${rest > 1 ? 's' : ''}`;
      }
      if (!top && ctx.compact !== true && value.length > 16 && value.length > ctx.breakLength - ctx.indent - 4) {
        const lines = value.split(/(?<=\n)/);
        return lines.map((line) => ctx.stylize(quote(line), 'string')).join(` +\n${' '.repeat(ctx.indent + 2)}`) + tail;
      }
      return ctx.stylize(quote(value), 'string') + tail;
    }
    case 'number': return ctx.stylize(number(ctx, value), 'number');
    case 'bigint': return ctx.stylize(`${ctx.numericSeparator ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : value}n`, 'bigint');
    case 'boolean': return ctx.stylize(`${value}`, 'boolean');
    case 'undefined': return ctx.stylize('undefined', 'undefined');
    case 'symbol': return ctx.stylize(symbol(value), 'symbol');
    default: return ctx.stylize('null', 'null');
  }
}
function symbol(value) {
  return Symbol.prototype.toString.call(value);
}

// ---- names ----------------------------------------------------------------

function constructorName(ctx, object, level) {
  let first;
  for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
    const own = Object.getOwnPropertyDescriptor(at, 'constructor');
    if (own !== undefined && typeof own.value === 'function' && own.value.name !== '' && inherits(object, own.value)) {
      return String(own.value.name);
    }
    if (first === undefined) first = Object.getPrototypeOf(at);
  }
  if (first === null) return null;
  const kind = typeof object === 'function' ? 'Function' : Array.isArray(object) ? 'Array'
    : types.isNativeError(object) ? 'Error' : 'Object';
  if (ctx.depth !== null && level > ctx.depth) return `${kind} <Complex prototype>`;
  return `${kind} <${inspect(first, { ...userOptions(ctx), customInspect: false, depth: -1 })}>`;
}
function inherits(object, ctor) {
  try { return object instanceof ctor; } catch { return false; }
}

function prefix(name, tag, fallback, size = '') {
  if (name === null) {
    const extra = tag !== '' && fallback !== tag ? `[${tag}] ` : '';
    return `[${fallback}${size}: null prototype] ${extra}`;
  }
  return tag !== '' && name !== tag ? `${name}${size} [${tag}] ` : `${name}${size} `;
}

function ownKeys(ctx, value, skipIndexes) {
  let names = ctx.showHidden ? Object.getOwnPropertyNames(value) : Object.keys(value);
  if (skipIndexes) names = names.filter((key) => !(/^(0|[1-9]\d*)$/.test(key) && +key < 4294967295));
  const symbols = Object.getOwnPropertySymbols(value).filter((key) => ctx.showHidden || enumerable(value, key));
  return symbols.length === 0 ? names : names.concat(symbols);
}

function functionBase(value, name, tag) {
  const source = Function.prototype.toString.call(value);
  if (source.startsWith('class') && source.endsWith('}')) {
    let out = `[class ${has(value, 'name') && value.name !== '' ? value.name : '(anonymous)'}`;
    if (name !== 'Function' && name !== null) out += ` [${name}]`;
    if (tag !== '' && name !== tag) out += ` [${tag}]`;
    if (name === null) out += ' extends [null prototype]';
    else {
      const parent = Object.getPrototypeOf(value).name;
      if (parent) out += ` extends ${parent}`;
    }
    return `${out}]`;
  }
  const kind = `${types.isAsyncFunction(value) ? 'Async' : ''}${types.isGeneratorFunction(value) ? 'Generator' : ''}Function`;
  let out = `[${kind}${name === null ? ' (null prototype)' : ''}`;
  out += value.name === '' ? ' (anonymous)]' : `: ${typeof value.name === 'string' ? value.name : inspect(value.name)}]`;
  if (name !== kind && name !== null) out += ` ${name}`;
  if (tag !== '' && name !== tag) out += ` [${tag}]`;
  return out;
}

// ---- errors ---------------------------------------------------------------

// Node prints the class of an error even where its `name` was not set.
function errorLabel(err, name) {
  let own = 'Error';
  try { own = String(err.name === undefined || err.name === null ? 'Error' : err.name); } catch { /* keep */ }
  if (isCoded(err) && err.code) own += ` [${err.code}]`;
  if (name === null) return `[${own}: null prototype]`;
  if (/^(\w*Error)$/.test(own) && typeof globalThis[own] === 'function' && !own.includes(name) && /^[\w$]+$/.test(name)) {
    return name.endsWith(own) ? name : `${name} [${own}]`;
  }
  return own;
}

function errorText(ctx, err, name, keys) {
  const label = errorLabel(err, name);
  const message = (() => { try { return String(err.message); } catch { return ''; } })();
  let text;
  const stack = err.stack;
  if (typeof stack === 'string' && stack !== '' && !/^\s*at /.test(stack)) {
    text = stack;
    const shown = /^(\w*Error)(?=[\s:]|$)/.exec(stack);
    if (shown && !stack.split('\n')[0].includes(label) && !(name !== null && stack.includes(name) && name !== 'Error')) {
      text = label + stack.slice(shown[1].length);
    }
  } else {
    text = message === '' ? label : `${label}: ${message}`;
    if (typeof stack === 'string' && stack.trim() !== '') text += `\n${stack.replace(/\n+$/, '')}`;
  }
  for (const key of ['name', 'message', 'stack']) {
    const at = keys.indexOf(key);
    if (at >= 0 && (key === 'stack' || text.includes(err[key]))) keys.splice(at, 1);
  }
  if (has(err, 'cause') && !keys.includes('cause')) keys.push('cause');
  if (Array.isArray(err.errors) && has(err, 'errors') && !keys.includes('errors')) keys.push('errors');
  const frames = text.indexOf('\n    at');
  if (frames < 0) text = `[${text}]`;
  if (ctx.indent > 0) text = text.replaceAll('\n', `\n${' '.repeat(ctx.indent)}`);
  return text;
}

// ---- containers -----------------------------------------------------------

function compound(ctx, value, level) {
  const name = constructorName(ctx, value, level);
  let tag = value[Symbol.toStringTag];
  if (typeof tag !== 'string' || (tag !== '' && (ctx.showHidden ? has : enumerable)(value, Symbol.toStringTag))) tag = '';
  let keys;
  let base = '';
  let open;
  let close = '}';
  let items = () => [];
  let layout = OBJECT;

  if (ordinary(value)) {
    keys = ownKeys(ctx, value);
    open = name !== 'Object' || tag !== '' ? `${prefix(name, tag, 'Object')}{` : '{';
    if (keys.length === 0) return `${open}}`;
  } else if (Array.isArray(value)) {
    keys = ownKeys(ctx, value, true);
    open = `${name !== 'Array' || tag !== '' ? prefix(name, tag, 'Array', `(${value.length})`) : ''}[`;
    close = ']';
    if (value.length === 0 && keys.length === 0) return `${open}]`;
    layout = LIST;
    items = arrayItems;
  } else if (types.isTypedArray(value)) {
    keys = ownKeys(ctx, value, true);
    const kind = Object.prototype.toString.call(Object.setPrototypeOf(value.subarray(0, 0), kindProto(value))).slice(8, -1);
    open = `${prefix(name, tag, kind, `(${value.length})`)}[`;
    close = ']';
    if (value.length === 0 && keys.length === 0 && !ctx.showHidden) return `${open}]`;
    layout = LIST;
    items = typedItems;
  } else if (types.isSet(value)) {
    keys = ownKeys(ctx, value);
    const lead = prefix(name, tag, 'Set', `(${sizeOf(value)})`);
    if (sizeOf(value) === 0 && keys.length === 0) return `${lead}{}`;
    open = `${lead}{`;
    items = setItems;
  } else if (types.isMap(value)) {
    keys = ownKeys(ctx, value);
    const lead = prefix(name, tag, 'Map', `(${sizeOf(value)})`);
    if (sizeOf(value) === 0 && keys.length === 0) return `${lead}{}`;
    open = `${lead}{`;
    items = mapItems;
  } else {
    keys = ownKeys(ctx, value);
    open = '{';
    if (types.isArgumentsObject(value)) {
      open = '[Arguments] {';
      if (keys.length === 0) return `${open}}`;
    } else if (typeof value === 'function') {
      base = functionBase(value, name, tag);
      if (keys.length === 0) return ctx.stylize(base, 'special');
    } else if (types.isRegExp(value)) {
      base = lead(name, tag, 'RegExp') + RegExp.prototype.toString.call(name === null ? new RegExp(value) : value);
      if (keys.length === 0 || tooDeep(ctx, level)) return ctx.stylize(base, 'regexp');
    } else if (types.isDate(value)) {
      const time = Date.prototype.getTime.call(value);
      base = lead(name, tag, 'Date')
        + (Number.isNaN(time) ? Date.prototype.toString.call(value) : Date.prototype.toISOString.call(value));
      if (keys.length === 0) return ctx.stylize(base, 'date');
    } else if (types.isNativeError(value) || inherits(value, Error)) {
      base = errorText(ctx, value, name, keys);
      if (keys.length === 0) return base;
    } else if (types.isAnyArrayBuffer(value)) {
      const kind = types.isArrayBuffer(value) ? 'ArrayBuffer' : 'SharedArrayBuffer';
      open = `${prefix(name, tag, kind)}{`;
      keys = ['byteLength', ...keys];
      items = bufferItems;
    } else if (types.isDataView(value)) {
      open = `${prefix(name, tag, 'DataView')}{`;
      keys = ['byteLength', 'byteOffset', 'buffer', ...keys];
    } else if (types.isPromise(value)) {
      open = `${prefix(name, tag, 'Promise')}{`;
      items = promiseItems;
    } else if (types.isWeakSet(value) || types.isWeakMap(value)) {
      open = `${prefix(name, tag, types.isWeakSet(value) ? 'WeakSet' : 'WeakMap')}{`;
      items = () => [ctx.stylize('<items unknown>', 'special')];
    } else if (types.isModuleNamespaceObject(value)) {
      open = `${prefix(name, tag, 'Module')}{`;
    } else if (types.isBoxedPrimitive(value)) {
      [base, keys] = boxed(ctx, value, keys, name, tag);
      if (keys.length === 0) return base;
    } else {
      if (name !== 'Object' || tag !== '') open = `${prefix(name, tag, 'Object')}{`;
      if (keys.length === 0) return `${open}}`;
    }
  }

  if (tooDeep(ctx, level)) {
    const label = prefix(name, tag, Array.isArray(value) ? 'Array' : 'Object').slice(0, -1);
    return ctx.stylize(name === null ? label : `[${label}]`, 'special');
  }
  level += 1;
  ctx.seen.push(value);
  ctx.level = level;
  let parts;
  try {
    parts = items(ctx, value, level);
    for (const key of keys) parts.push(property(ctx, value, level, key, layout));
  } catch (err) {
    // Only running out of stack is answered here.
    if (!(err instanceof RangeError) || err.code || !/stack/i.test(err.message)) throw err;
    ctx.seen.pop();
    return ctx.stylize(`[${prefix(name, tag, 'Object').slice(0, -1)}: Inspection interrupted prematurely. Maximum call stack size exceeded.]`, 'special');
  }
  const mark = ctx.circular !== null ? ctx.circular.get(value) : undefined;
  if (mark !== undefined) {
    const reference = ctx.stylize(`<ref *${mark}>`, 'special');
    if (ctx.compact !== true) base = base === '' ? reference : `${reference} ${base}`;
    else open = `${reference} ${open}`;
  }
  ctx.seen.pop();
  if (ctx.sorted) {
    const order = ctx.sorted === true ? undefined : ctx.sorted;
    if (layout === OBJECT) parts.sort(order);
    else if (keys.length > 1) {
      const from = parts.length - keys.length;
      parts.push(...parts.splice(from).sort(order));
    }
  }
  return assemble(ctx, parts, base, open, close, layout, level, value);
}

function tooDeep(ctx, level) {
  return ctx.depth !== null && level > ctx.depth;
}
function lead(name, tag, kind) {
  const text = prefix(name, tag, kind);
  return text === `${kind} ` ? '' : text;
}
const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size').get;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size').get;
function sizeOf(value) {
  return types.isMap(value) ? mapSize.call(value) : setSize.call(value);
}
// The intrinsic prototype that carries the typed array's kind as a tag.
function kindProto(value) {
  for (const ctor of [Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array, Int8Array, Int16Array, Int32Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array]) {
    if (types[`is${ctor.name}`](value)) return ctor.prototype;
  }
  return Object.getPrototypeOf(value);
}

function more(rest) {
  return `... ${rest} more item${rest > 1 ? 's' : ''}`;
}

function arrayItems(ctx, value, level) {
  const out = [];
  const limit = Math.min(Math.max(0, ctx.maxArrayLength), value.length);
  let index = 0;
  while (index < value.length && out.length < limit) {
    if (has(value, index)) {
      out.push(property(ctx, value, level, String(index), ITEM));
      index++;
      continue;
    }
    const start = index;
    while (index < value.length && !has(value, index)) index++;
    out.push(ctx.stylize(`<${index - start} empty item${index - start > 1 ? 's' : ''}>`, 'undefined'));
  }
  if (index < value.length) out.push(more(value.length - index));
  return out;
}
function typedItems(ctx, value, level) {
  const limit = Math.min(Math.max(0, ctx.maxArrayLength), value.length);
  const out = [];
  for (let i = 0; i < limit; i++) {
    out.push(typeof value[i] === 'bigint'
      ? ctx.stylize(`${value[i]}n`, 'bigint') : ctx.stylize(number(ctx, value[i]), 'number'));
  }
  if (value.length > limit) out.push(more(value.length - limit));
  if (ctx.showHidden) {
    ctx.indent += 2;
    for (const key of ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer']) {
      out.push(`[${key}]: ${any(ctx, value[key], level, false)}`);
    }
    ctx.indent -= 2;
  }
  return out;
}
function limited(ctx, iterator, size, show) {
  const out = [];
  const limit = Math.max(0, ctx.maxArrayLength);
  ctx.indent += 2;
  for (const item of iterator) {
    if (out.length >= limit) break;
    out.push(show(item));
  }
  if (size > limit) out.push(more(size - limit));
  ctx.indent -= 2;
  return out;
}
function setItems(ctx, value, level) {
  return limited(ctx, Set.prototype.values.call(value), sizeOf(value), (item) => any(ctx, item, level, false));
}
function mapItems(ctx, value, level) {
  return limited(ctx, Map.prototype.entries.call(value), sizeOf(value),
    ([key, item]) => `${any(ctx, key, level, false)} => ${any(ctx, item, level, false)}`);
}
function bufferItems(ctx, value) {
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), value.byteLength);
  let text = Array.from(new Uint8Array(value, 0, shown), (b) => b.toString(16).padStart(2, '0')).join(' ');
  const rest = value.byteLength - shown;
  if (rest > 0) text += ` ... ${rest} more byte${rest > 1 ? 's' : ''}`;
  return [`${ctx.stylize('[Uint8Contents]', 'special')}: <${text}>`];
}
function promiseItems(ctx, value, level) {
  const [state, result] = typeof native.promiseState === 'function' ? native.promiseState(value) : ['pending'];
  if (state === 'pending') return [ctx.stylize('<pending>', 'special')];
  ctx.indent += 2;
  const text = any(ctx, result, level, false);
  ctx.indent -= 2;
  return [state === 'rejected' ? `${ctx.stylize('<rejected>', 'special')} ${text}` : text];
}
function boxed(ctx, value, keys, name, tag) {
  let kind;
  let inner;
  if (types.isNumberObject(value)) [kind, inner] = ['Number', Number.prototype.valueOf.call(value)];
  else if (types.isStringObject(value)) {
    [kind, inner] = ['String', String.prototype.valueOf.call(value)];
    keys = keys.slice(inner.length);
  } else if (types.isBooleanObject(value)) [kind, inner] = ['Boolean', Boolean.prototype.valueOf.call(value)];
  else if (types.isBigIntObject(value)) [kind, inner] = ['BigInt', BigInt.prototype.valueOf.call(value)];
  else [kind, inner] = ['Symbol', Symbol.prototype.valueOf.call(value)];
  let base = `[${kind}`;
  if (name !== kind) base += name === null ? ' (null prototype)' : ` (${name})`;
  base += `: ${primitive({ ...ctx, stylize: (text) => text }, inner, true)}]`;
  if (tag !== '' && tag !== name) base += ` [${tag}]`;
  return [keys.length > 0 ? base : ctx.stylize(base, kind.toLowerCase()), keys];
}

function property(ctx, object, level, key, layout) {
  const found = Object.getOwnPropertyDescriptor(object, key)
    || { value: object[key], enumerable: true, configurable: true };
  let text;
  let gap = ' ';
  if ('value' in found && !found.get) {
    const deeper = ctx.compact === true && layout === OBJECT ? 3 : 2;
    ctx.indent += deeper;
    text = any(ctx, found.value, level, false);
    if (deeper === 3 && ctx.breakLength < width(ctx, text)) gap = `\n${' '.repeat(ctx.indent)}`;
    ctx.indent -= deeper;
  } else if (found.get) {
    const label = found.set ? 'Getter/Setter' : 'Getter';
    const wanted = ctx.getters === true || (ctx.getters === 'get' && !found.set) || (ctx.getters === 'set' && found.set);
    if (!wanted) text = ctx.stylize(`[${label}]`, 'special');
    else {
      try {
        const got = found.get.call(object);
        ctx.indent += 2;
        text = got === null || typeof got !== 'object'
          ? `${ctx.stylize(`[${label}:`, 'special')} ${primitive(ctx, got, false)}${ctx.stylize(']', 'special')}`
          : `${ctx.stylize(`[${label}]`, 'special')} ${any(ctx, got, level, false)}`;
        ctx.indent -= 2;
      } catch (err) {
        text = `[${label}: <Inspection threw (${err.message})>]`;
      }
    }
  } else text = found.set ? ctx.stylize('[Setter]', 'special') : ctx.stylize('undefined', 'undefined');
  if (layout === ITEM) return text;
  let label;
  if (typeof key === 'symbol') label = `[${ctx.stylize(symbol(key), 'symbol')}]`;
  else if (key === '__proto__') label = "['__proto__']";
  else if (found.enumerable === false) label = `[${escaped(key)}]`;
  else if (/^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key)) label = ctx.stylize(key, 'name');
  else label = ctx.stylize(quote(key), 'string');
  return `${label}:${gap}${text}`;
}

inspect.custom = custom;
inspect.colors = colors;
inspect.styles = styles;
Object.defineProperty(inspect, 'defaultOptions', {
  configurable: true, enumerable: true,
  get() { return defaults; },
  set(options) {
    if (options === null || typeof options !== 'object') throw argType('options', 'of type object', options);
    for (const key of Object.keys(options)) if (has(defaults, key)) defaults[key] = options[key];
  },
});

module.exports = { inspect, stripVTControlCharacters };
