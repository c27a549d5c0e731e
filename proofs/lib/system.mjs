// What the system tells of a process: Linux, from /proc.

import { readFileSync, readdirSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // It has ended meanwhile.
  }
};

/** Nanoseconds that each thread of a process has run, user and system. */
function threads(pid) {
  const times = new Map();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = read(`/proc/${pid}/task/${thread}/schedstat`);
    if (text) times.set(thread, Number(text.split(' ')[0]));
  }
  return times;
}

/** Measures the CPU time of a process, in milliseconds, between two calls of what this gives. */
export function cpuSince(pid) {
  const before = threads(pid);
  return () => {
    let sum = 0;
    // Of a thread that has ended in between the time is lost; servers keep theirs.
    for (const [thread, time] of threads(pid)) sum += time - (before.get(thread) ?? 0);
    return sum / 1e6;
  };
}

/** A process and all it has started. */
export function family(pid) {
  const found = [pid];
  for (const member of found) {
    for (const thread of safeList(`/proc/${member}/task`)) {
      const children = read(`/proc/${member}/task/${thread}/children`) ?? '';
      found.push(...children.split(' ').filter(Boolean).map(Number));
    }
  }
  return found;
}

function safeList(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Resident bytes of a process. */
export function resident(pid) {
  const text = read(`/proc/${pid}/status`) ?? '';
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) * 1024;
}

/** Files and sockets that a process has open. */
export const openFiles = (pid) => safeList(`/proc/${pid}/fd`).length;

export const quantile = (list, part) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))];
export const median = (list) => quantile(list, 0.5);
