import { B, type ProblemCase, tellsEachProblem } from '../../../support/config-problems.js';

const DURATION = 'expected a duration such as 30s';
const UNIT = `${DURATION}: a number needs a unit (ms, s, m, h, d)`;
const HOST = 'expected a host name or address such as 127.0.0.1 or ::1, without port and brackets';
const NETWORK = 'expected an address or network such as 10.0.0.0/8 or fd00::/8';

const processes: readonly ProblemCase[] = [
  [
    'a port too high',
    `${B}listen: {port: 65536}\n`,
    'f.yaml:2:16: listen.port: expected a whole number from 0 to 65535',
  ],
  [
    'a port in words',
    `${B}listen: {port: http}\n`,
    'f.yaml:2:16: listen.port: expected a whole number from 0 to 65535',
  ],
  [
    'a port with a fraction',
    `${B}listen: {port: 80.5}\n`,
    'f.yaml:2:16: listen.port: expected a whole number from 0 to 65535',
  ],
  ['listen as a port', `${B}listen: 8080\n`, 'f.yaml:2:9: listen: expected a mapping of settings'],
  ['listen without content', `${B}listen:\n`, 'f.yaml:2:8: listen: expected a mapping of settings'],
  ['a host with port', `${B}listen: {host: "0.0.0.0:80"}\n`, `f.yaml:2:16: listen.host: ${HOST}`],
  ['a host in brackets', `${B}listen: {host: "[::1]"}\n`, `f.yaml:2:16: listen.host: ${HOST}`],
  [
    'an address with a number too high',
    `${B}listen: {host: 256.1.1.1}\n`,
    `f.yaml:2:16: listen.host: ${HOST}`,
  ],
  [
    'TLS without files',
    `${B}listen:\n  tls: {}\n`,
    'f.yaml:3:3: listen.tls.cert_file: this setting is required with TLS',
    'f.yaml:3:3: listen.tls.key_file: this setting is required with TLS',
  ],
  [
    'TLS without key',
    `${B}listen:\n  tls:\n    cert_file: c\n`,
    'f.yaml:3:3: listen.tls.key_file: this setting is required with TLS',
  ],
  [
    'TLS switched by yes',
    `${B}listen: {tls: {enabled: yes, cert_file: a, key_file: b}}\n`,
    'f.yaml:2:25: listen.tls.enabled: expected true or false; in YAML 1.2 yes is text: write true',
  ],
  ['an empty path', `${B}data_dir: ""\n`, 'f.yaml:2:11: data_dir: expected a path, not an empty text'],
  ['a number as path', `${B}data_dir: 5\n`, 'f.yaml:2:11: data_dir: expected a path (in quotes)'],
  ['no workers', `${B}workers: 0\n`, 'f.yaml:2:10: workers: expected a whole number from 1 to 256'],
  ['too many workers', `${B}workers: 257\n`, 'f.yaml:2:10: workers: expected a whole number from 1 to 256'],
  ['workers without value', `${B}workers:\n`, 'f.yaml:2:9: workers: expected a whole number from 1 to 256'],
  [
    'infinitely many workers',
    `${B}workers: .inf\n`,
    'f.yaml:2:10: workers: expected a whole number from 1 to 256',
  ],
  [
    'an unknown engine',
    `${B}engine: natve\n`,
    'f.yaml:2:9: engine: expected one of native, compat; did you mean native?',
  ],
  [
    'an unknown way to accept',
    `${B}accept: 5\n`,
    'f.yaml:2:9: accept: expected one of auto, reuse-port, shared, round-robin',
  ],
  [
    'the admin listener off loopback without token',
    `${B}admin: {host: 0.0.0.0}\n`,
    'f.yaml:2:15: admin.host: expected a loopback address, or a token_file beside it',
  ],
  [
    'both listeners on one port',
    `${B}listen: {port: 9900}\n`,
    'f.yaml:2:16: listen.port: expected different ports for listen and admin',
  ],
  [
    'both listeners on one port given',
    `${B}admin: {port: 8080}\n`,
    'f.yaml:2:15: admin.port: expected different ports for listen and admin',
  ],
  [
    'an unknown log level',
    `${B}log: {level: INFO}\n`,
    'f.yaml:2:14: log.level: expected one of debug, info, warn, error, fatal; did you mean info?',
  ],
  [
    'a share above one',
    `${B}log: {access_sample_ratio: 2}\n`,
    'f.yaml:2:28: log.access_sample_ratio: expected a share from 0% to 100%, such as 10% or 0.1',
  ],
  [
    'a size without unit',
    `${B}journal: {max_size: 5000000}\n`,
    'f.yaml:2:21: journal.max_size: expected a size such as 64KiB: a number needs a unit (B, KiB, MiB, GiB, kB, MB, GB)',
  ],
  [
    'a size in another unit',
    `${B}journal: {max_size: 5Mb}\n`,
    'f.yaml:2:21: journal.max_size: expected a size such as 64KiB',
  ],
  [
    'a size too small',
    `${B}journal: {max_size: 1KiB}\n`,
    'f.yaml:2:21: journal.max_size: expected a size from 1MiB to 64GiB',
  ],
];

const forwarding: readonly ProblemCase[] = [
  ['a duration without unit', `${B}timeouts: {connect: 5}\n`, `f.yaml:2:21: timeouts.connect: ${UNIT}`],
  [
    'a quoted duration without unit',
    `${B}timeouts: {connect: "5"}\n`,
    `f.yaml:2:21: timeouts.connect: ${DURATION}`,
  ],
  [
    'a duration in another unit',
    `${B}timeouts: {connect: 5sec}\n`,
    `f.yaml:2:21: timeouts.connect: ${DURATION}`,
  ],
  ['a negative duration', `${B}timeouts: {connect: -5s}\n`, `f.yaml:2:21: timeouts.connect: ${DURATION}`],
  ['a list as duration', `${B}timeouts: {connect: [5s]}\n`, `f.yaml:2:21: timeouts.connect: ${DURATION}`],
  [
    'a duration too long',
    `${B}timeouts: {connect: 6m}\n`,
    'f.yaml:2:21: timeouts.connect: expected a duration from 1ms to 5m',
  ],
  [
    'zero where a time is needed',
    `${B}timeouts: {connect: 0}\n`,
    'f.yaml:2:21: timeouts.connect: expected a duration from 1ms to 5m',
  ],
  [
    'a misspelt timeout',
    `${B}timeouts: {conect: 5s}\n`,
    'f.yaml:2:12: timeouts.conect: unknown key; did you mean connect?',
  ],
  [
    'no attempts',
    `${B}retry: {attempts: 0}\n`,
    'f.yaml:2:19: retry.attempts: expected a whole number from 1 to 10',
  ],
  [
    'a budget above 100',
    `${B}retry: {budget_percent: 101%}\n`,
    'f.yaml:2:25: retry.budget_percent: expected a percentage from 0% to 100%',
  ],
  [
    'a budget in words',
    `${B}retry: {budget_percent: many}\n`,
    'f.yaml:2:25: retry.budget_percent: expected a percentage from 0% to 100%',
  ],
  [
    'a head too small',
    `${B}limits: {head_size: 100B}\n`,
    'f.yaml:2:21: limits.head_size: expected a size from 1KiB to 1MiB',
  ],
  [
    'one trusted proxy outside a list',
    `${B}trusted_proxies: 10.0.0.1\n`,
    'f.yaml:2:18: trusted_proxies: expected a list',
  ],
  [
    'a name as trusted proxy',
    `${B}trusted_proxies: [10.0.0.1, proxy]\n`,
    `f.yaml:2:29: trusted_proxies.1: ${NETWORK}`,
  ],
  [
    'a network with too many bits',
    `${B}trusted_proxies: [10.0.0.0/33]\n`,
    `f.yaml:2:19: trusted_proxies.0: ${NETWORK}`,
  ],
  [
    'a network with three parts',
    `${B}trusted_proxies: [10.0.0.0/8/8]\n`,
    `f.yaml:2:19: trusted_proxies.0: ${NETWORK}`,
  ],
  ['a short IPv4 address', `${B}trusted_proxies: ["10.1"]\n`, `f.yaml:2:19: trusted_proxies.0: ${NETWORK}`],
  ['a number as network', `${B}trusted_proxies: [10]\n`, `f.yaml:2:19: trusted_proxies.0: ${NETWORK}`],
  [
    'a metrics path without slash',
    `${B}metrics: {prometheus: {path: metrics}}\n`,
    'f.yaml:2:30: metrics.prometheus.path: expected a path such as /metrics, without query',
  ],
  ['metrics without content', `${B}metrics:\n`, 'f.yaml:2:9: metrics: expected a mapping of settings'],
];

describe('a process setting that cannot be used is told why, with the place', () =>
  tellsEachProblem(processes));

describe('a forwarding setting that cannot be used is told why, with the place', () =>
  tellsEachProblem(forwarding));
