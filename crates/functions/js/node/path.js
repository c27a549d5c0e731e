'use strict';
// path for POSIX. path.win32 is the same object: functions run on Linux only.

const { needString, argType } = require('internal_errors');

function cwd() {
  const { process } = globalThis;
  return process && typeof process.cwd === 'function' ? process.cwd() : '/';
}

// Resolves '.', '..' and doubled slashes; `absolute` stops '..' at the root.
function squash(path, absolute) {
  const out = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.length > 0 && out[out.length - 1] !== '..') out.pop();
    else if (!absolute) out.push('..');
  }
  return out.join('/');
}

// Index just behind the last character that is not a trailing slash.
function trimmedEnd(path) {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return end;
}

function splitExt(base) {
  const dot = base.lastIndexOf('.');
  return dot <= 0 || base === '..' ? '' : base.slice(dot);
}

const path = {
  resolve(...parts) {
    let out = '';
    let absolute = false;
    for (let i = parts.length - 1; i >= -1 && !absolute; i--) {
      const part = i >= 0 ? parts[i] : cwd();
      needString(part, `paths[${i}]`);
      if (part === '') continue;
      out = `${part}/${out}`;
      absolute = part[0] === '/';
    }
    out = squash(out, absolute);
    return absolute ? `/${out}` : out || '.';
  },
  normalize(name) {
    needString(name, 'path');
    if (name === '') return '.';
    const absolute = name[0] === '/';
    const slash = name[name.length - 1] === '/';
    let out = squash(name, absolute);
    if (out === '') {
      if (absolute) return '/';
      return slash ? './' : '.';
    }
    if (slash) out += '/';
    return absolute ? `/${out}` : out;
  },
  isAbsolute(name) {
    needString(name, 'path');
    return name[0] === '/';
  },
  join(...parts) {
    for (const part of parts) needString(part, 'path');
    const joined = parts.filter((part) => part !== '').join('/');
    return joined === '' ? '.' : path.normalize(joined);
  },
  relative(from, to) {
    needString(from, 'from');
    needString(to, 'to');
    const a = path.resolve(from).split('/').filter(Boolean);
    const b = path.resolve(to).split('/').filter(Boolean);
    let shared = 0;
    while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
    return [...a.slice(shared).fill('..'), ...b.slice(shared)].join('/');
  },
  toNamespacedPath(name) {
    return name;
  },
  dirname(name) {
    needString(name, 'path');
    if (name === '') return '.';
    const end = trimmedEnd(name);
    if (end === 0) return '/';
    const slash = name.lastIndexOf('/', end - 1);
    if (slash < 0) return '.';
    if (slash === 0) return '/';
    if (slash === 1 && name[0] === '/') return '//';
    return name.slice(0, slash);
  },
  basename(name, suffix) {
    if (suffix !== undefined) needString(suffix, 'suffix');
    needString(name, 'path');
    const end = trimmedEnd(name);
    const base = name.slice(name.lastIndexOf('/', end - 1) + 1, end);
    if (suffix === undefined || suffix === '' || end === 0) return base;
    if (suffix === name) return '';
    return base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
  },
  extname(name) {
    needString(name, 'path');
    return splitExt(path.basename(name));
  },
  format(parts) {
    if (parts === null || typeof parts !== 'object') throw argType('pathObject', 'of type object', parts);
    const dir = parts.dir || parts.root;
    const ext = parts.ext ? (parts.ext[0] === '.' ? parts.ext : `.${parts.ext}`) : '';
    const base = parts.base || `${parts.name || ''}${ext}`;
    if (!dir) return base;
    return dir === parts.root ? `${dir}${base}` : `${dir}/${base}`;
  },
  parse(name) {
    needString(name, 'path');
    const root = name[0] === '/' ? '/' : '';
    const base = path.basename(name);
    const ext = splitExt(base);
    const end = trimmedEnd(name);
    const slash = end > 0 ? name.lastIndexOf('/', end - 1) : -1;
    const dir = slash > 0 ? name.slice(0, slash) : root;
    return { root, dir, base, ext, name: ext === '' ? base : base.slice(0, -ext.length) };
  },
  sep: '/',
  delimiter: ':',
};
path._makeLong = path.toNamespacedPath;
path.posix = path;
path.win32 = path;

module.exports = path;
