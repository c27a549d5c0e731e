'use strict';
// How util.inspect puts the parts of a container together: on one line when
// they fit, long arrays in columns, else one part per line.

const { width, plain } = require('util_inspect_text');

const LIST = 2; // the layout of arrays, whose parts may be put in columns

function assemble(ctx, parts, base, open, close, layout, level, value) {
  const lead = base === '' ? '' : `${base} `;
  if (ctx.compact !== true) {
    if (typeof ctx.compact === 'number' && ctx.compact >= 1) {
      const before = parts.length;
      if (layout === LIST && before > 6) parts = columns(ctx, parts, value);
      if (ctx.level - level < ctx.compact && before === parts.length) {
        const start = parts.length + ctx.indent + open.length + base.length + 10;
        if (fits(ctx, parts, start, base)) {
          const line = parts.join(', ');
          if (!line.includes('\n')) return `${lead}${open} ${line} ${close}`;
        }
      }
    }
    const indent = `\n${' '.repeat(ctx.indent)}`;
    return `${lead}${open}${indent}  ${parts.join(`,${indent}  `)}${indent}${close}`;
  }
  if (fits(ctx, parts, 0, base)) return `${open}${base ? ` ${base}` : ''} ${parts.join(', ')} ${close}`;
  const indent = `\n${' '.repeat(ctx.indent)}`;
  const gap = base === '' && open.length === 1 ? ' ' : `${base ? ` ${base}` : ''}${indent}  `;
  return `${open}${gap}${parts.join(`,${indent}  `)} ${close}`;
}

function fits(ctx, parts, start, base) {
  let total = parts.length + start;
  if (total + parts.length > ctx.breakLength) return false;
  for (const part of parts) {
    total += plain(ctx, part).length;
    if (total > ctx.breakLength) return false;
  }
  return base === '' || !base.includes('\n');
}

// Puts many short entries side by side, aiming at a block about 2.5 times as
// wide as high, at most 15 columns. The "more items" entry keeps its own line.
function columns(ctx, parts, value) {
  const count = ctx.maxArrayLength < parts.length ? parts.length - 1 : parts.length;
  const gap = 2;
  const sizes = [];
  let total = 0;
  let widest = 0;
  for (let i = 0; i < count; i++) {
    sizes[i] = width(ctx, parts[i]);
    total += sizes[i] + gap;
    widest = Math.max(widest, sizes[i]);
  }
  const cell = widest + gap;
  if (cell * 3 + ctx.indent >= ctx.breakLength || !(total / cell > 5 || widest <= 6)) return parts;
  const bias = Math.max(widest - 1 - Math.sqrt(cell - total / parts.length), 1);
  const wanted = Math.min(
    Math.round(Math.sqrt(2.5 * bias * count) / bias),
    Math.floor((ctx.breakLength - ctx.indent) / cell),
    ctx.compact * 4,
    15,
  );
  if (wanted <= 1) return parts;
  const widths = [];
  for (let column = 0; column < wanted; column++) {
    let most = 0;
    for (let i = column; i < count; i += wanted) most = Math.max(most, sizes[i]);
    widths.push(most + gap);
  }
  let right = value !== undefined;
  for (let i = 0; right && i < count; i++) {
    if (typeof value[i] !== 'number' && typeof value[i] !== 'bigint') right = false;
  }
  const rows = [];
  for (let from = 0; from < count; from += wanted) {
    const to = Math.min(from + wanted, count);
    let row = '';
    for (let i = from; i < to; i++) {
      const last = i === to - 1;
      const text = last ? parts[i] : `${parts[i]}, `;
      const room = widths[i - from] - (last ? gap : 0) + parts[i].length - sizes[i];
      if (right) row += text.padStart(room);
      else row += last ? text : text.padEnd(room);
    }
    rows.push(row);
  }
  if (count < parts.length) rows.push(parts[count]);
  return rows;
}

module.exports = { assemble, LIST };
