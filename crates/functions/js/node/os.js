'use strict';
// os: fixed answers about the place a function runs in. Nothing of the real
// machine is disclosed.

const signals = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10,
  SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGCHLD: 17, SIGCONT: 18, SIGSTOP: 19,
};
const errno = { EPERM: 1, ENOENT: 2, EINTR: 4, EIO: 5, EBADF: 9, EAGAIN: 11, ENOMEM: 12, EACCES: 13, EEXIST: 17, EINVAL: 22,
  EPIPE: 32, ECONNREFUSED: 111, ECONNRESET: 104, ETIMEDOUT: 110 };
const started = native.hrtime();

module.exports = {
  EOL: '\n',
  devNull: '/dev/null',
  constants: { signals, errno, priority: { PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0,
    PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20 } },
  arch: () => 'x64',
  machine: () => 'x86_64',
  availableParallelism: () => 1,
  cpus: () => [],
  endianness: () => 'LE',
  freemem: () => 0,
  totalmem: () => 0,
  getPriority: () => 0,
  homedir: () => '/tmp',
  hostname: () => 'function',
  loadavg: () => [0, 0, 0],
  networkInterfaces: () => ({}),
  platform: () => 'linux',
  release: () => '',
  tmpdir: () => '/tmp',
  type: () => 'Linux',
  uptime: () => (native.hrtime() - started) / 1000,
  userInfo: () => ({ uid: -1, gid: -1, username: 'function', homedir: '/tmp', shell: null }),
  version: () => '',
};
