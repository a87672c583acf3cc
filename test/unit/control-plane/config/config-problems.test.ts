import { formatProblem, parseConfig } from '../../../../control-plane/config/parse-config.js';

/** A minimal pool, for cases about other keys. */
const B = 'backends: []\n';

/** Name, file, then every line that is told of it. */
type Case = readonly [name: string, file: string, ...problems: string[]];

function problemsOf(text: string, env: Record<string, string> = {}): string[] {
  const result = parseConfig(text, 'f.yaml', env, 2);
  return result.ok ? [] : result.problems.map(formatProblem);
}

const DURATION = 'expected a duration such as 30s';
const UNIT = `${DURATION}: a number needs a unit (ms, s, m, h, d)`;
const NAME = 'expected a name of 1 to 64 characters A-Z a-z 0-9 . _ - that begins with a letter or digit';
const URL = 'expected a URL such as http://10.0.0.1:8080';
const NO_PATH = 'expected a URL without path, query and fragment: the request’s own path is used';
const URL_HOST = 'expected a URL with a host name or address, IPv6 in brackets: http://[::1]:8080';
const STATUS = 'expected status codes such as 200, 200-399 or 2xx';
const COOKIE = 'expected a cookie name of 1 to 64 token characters, without the prefix __Host- or __Secure-';
const HOST = 'expected a host name or address such as 127.0.0.1 or ::1, without port and brackets';
const NETWORK = 'expected an address or network such as 10.0.0.0/8 or fd00::/8';

const documents: readonly Case[] = [
  ['empty', '', 'f.yaml:1:1: expected settings, but the file is empty'],
  ['only a comment', '# nothing\n', 'f.yaml:1:1: expected settings, but the file is empty'],
  ['a list', '- a\n', 'f.yaml:1:1: expected a mapping of settings such as "listen:"'],
  ['a scalar', '\n hello\n', 'f.yaml:2:2: expected a mapping of settings such as "listen:"'],
  [
    'a tab as indentation',
    `listen:\n\tport: 1\n${B}`,
    'f.yaml:2:1: expected spaces: YAML does not allow tabs as indentation',
  ],
  ['two documents', `${B}---\n${B}`, 'f.yaml:2:1: expected one document: remove this --- line'],
  [
    'an unclosed list',
    'backends: [',
    'f.yaml:1:12: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    'a nested mapping in one line',
    'a: b: c',
    'f.yaml:1:4: Nested mappings are not allowed in compact mappings',
  ],
  ['a reserved character', '@a: 1', 'f.yaml:1:1: Plain value cannot start with reserved character @'],
  ['an unknown tag', `${B}workers: !many 3\n`, 'f.yaml:2:10: Unresolved tag: !many'],
  [
    'an alias without anchor',
    'backends: *b\n',
    'f.yaml:1:11: backends: expected an anchor &b before this alias',
  ],
  ['a key given twice', `${B}workers: 1\nworkers: 2\n`, 'f.yaml:3:1: workers: this key is given twice'],
  [
    'an inner key given twice',
    `${B}listen: {port: 1, host: "::", port: 2}\n`,
    'f.yaml:2:31: listen.port: this key is given twice',
  ],
  [
    'a merge key',
    `${B}log: &l {}\nlisten: {<<: *l}\n`,
    'f.yaml:3:10: listen: merge keys (<<) are not supported: write the settings out',
  ],
  ['a mapping as key', `${B}? {a: 1}\n: 2\n`, 'f.yaml:2:3: expected a plain text as key'],
  ['__proto__ as key', `${B}listen: {__proto__: 1}\n`, 'f.yaml:2:10: listen: expected a plain text as key'],
  [
    'a variable in braces without quotes',
    `${B}listen: {port: \${PORT}}\n`,
    'f.yaml:2:17: expected quotes around ${…} inside { } or [ ]',
  ],
  [
    'a byte order mark and CRLF',
    '\uFEFFworkers: 0\r\nbackends: 5\r\n',
    'f.yaml:1:10: workers: expected a whole number from 1 to 256',
    'f.yaml:2:11: backends: expected a list',
  ],
  ['too large', `${B}#${' '.repeat(1_048_576)}`, 'f.yaml:1:1: expected a file of at most 1048576 bytes'],
];

const forms: readonly Case[] = [
  ['neither form', 'workers: 1\n', 'f.yaml:1:1: backends: expected backends, or pools'],
  [
    'both forms',
    `${B}pools: {a: {backends: []}}\n`,
    'f.yaml:1:1: backends: expected inside a pool: a file with pools has no pool keys at its top level',
  ],
  [
    'an algorithm beside pools',
    'pools: {a: {backends: []}}\nalgorithm: random\n',
    'f.yaml:2:1: algorithm: expected inside a pool: a file with pools has no pool keys at its top level',
  ],
  ['routes without pools', `${B}routes: []\n`, 'f.yaml:2:1: routes: expected only together with pools'],
  ['pools without entry', 'pools: {}\n', 'f.yaml:1:8: pools: expected at least one pool'],
  ['pools as a list', 'pools: []\n', 'f.yaml:1:8: pools: expected a mapping of settings'],
  ['a pool without backends', 'pools:\n  a: {}\n', 'f.yaml:2:3: pools.a.backends: this setting is required'],
  ['a bad pool name', 'pools:\n  "a b": {backends: []}\n', `f.yaml:2:3: pools.a b: ${NAME}`],
  [
    'several pools without routes',
    'pools: {a: {backends: []}, b: {backends: []}}\n',
    'f.yaml:1:1: pools: expected routes: there are several pools',
  ],
  [
    'several pools with empty routes',
    'pools: {a: {backends: []}, b: {backends: []}}\nroutes: []\n',
    'f.yaml:2:1: routes: expected routes: there are several pools',
  ],
  ['a key unknown', `${B}wrkers: 1\n`, 'f.yaml:2:1: wrkers: unknown key; did you mean workers?'],
  ['two letters swapped', `${B}lisetn: {}\n`, 'f.yaml:2:1: lisetn: unknown key; did you mean listen?'],
  [
    'a hyphen for an underscore',
    `${B}health-check: {}\n`,
    'f.yaml:2:1: health-check: unknown key; did you mean health_check?',
  ],
  [
    'an inner key unknown',
    `${B}journal: {zzz: 1}\n`,
    'f.yaml:2:11: journal.zzz: unknown key; expected one of retention, max_size',
  ],
  [
    'redis',
    `${B}redis: {url: "redis://x"}\n`,
    'f.yaml:2:1: redis: not supported by this version: it comes in a later release',
  ],
  [
    'cluster',
    `${B}cluster: {name: x}\n`,
    'f.yaml:2:1: cluster: not supported by this version: it comes in a later release',
  ],
];

const processes: readonly Case[] = [
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
    'f.yaml:2:25: listen.tls.enabled: expected true or false',
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

const forwarding: readonly Case[] = [
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

const pools: readonly Case[] = [
  [
    'an algorithm of later',
    `algorithm: power-of-two\n${B}`,
    'f.yaml:1:12: algorithm: expected one of round-robin, weighted-round-robin, least-connections, random',
  ],
  [
    'an algorithm misspelt',
    `algorithm: round_robin\n${B}`,
    'f.yaml:1:12: algorithm: expected one of round-robin, weighted-round-robin, least-connections, random; did you mean round-robin?',
  ],
  ['backends without content', 'backends:\n', 'f.yaml:1:10: backends: expected a list'],
  ['a backend as text', 'backends: [a]\n', 'f.yaml:1:12: backends.0: expected a mapping of settings'],
  [
    'an empty backend',
    'backends:\n  - {}\n',
    'f.yaml:2:5: backends.0.id: this setting is required',
    'f.yaml:2:5: backends.0.url: this setting is required',
  ],
  ['a backend without url', 'backends:\n  - id: a\n', 'f.yaml:2:5: backends.0.url: this setting is required'],
  [
    'a number as id',
    'backends: [{id: 1, url: "http://a"}]\n',
    'f.yaml:1:17: backends.0.id: expected a name (in quotes)',
  ],
  ['an id with a space', 'backends: [{id: "a b", url: "http://a"}]\n', `f.yaml:1:17: backends.0.id: ${NAME}`],
  [
    'an id that is too long',
    `backends: [{id: ${'a'.repeat(65)}, url: "http://a"}]\n`,
    `f.yaml:1:17: backends.0.id: ${NAME}`,
  ],
  [
    'one id twice',
    'backends:\n  - {id: a, url: "http://a"}\n  - {id: a, url: "http://b"}\n',
    'f.yaml:3:10: backends.1.id: expected a name of its own: backends.0 has it too',
  ],
  [
    'one address twice',
    'backends:\n  - {id: a, url: "http://A"}\n  - {id: b, url: "http://a:80/"}\n',
    'f.yaml:3:18: backends.1.url: expected an address of its own: backends.0 has it too',
  ],
  [
    'a url without scheme',
    'backends: [{id: a, url: "localhost:8080"}]\n',
    `f.yaml:1:25: backends.0.url: ${URL}`,
  ],
  [
    'a url with another scheme',
    'backends: [{id: a, url: "ftp://a"}]\n',
    'f.yaml:1:25: backends.0.url: expected a URL with http:// or https://',
  ],
  ['a number as url', 'backends: [{id: a, url: 8080}]\n', `f.yaml:1:25: backends.0.url: ${URL}`],
  [
    'a url with password',
    'backends: [{id: a, url: "http://u:p@a"}]\n',
    'f.yaml:1:25: backends.0.url: expected a URL without user name and password',
  ],
  ['a url with path', 'backends: [{id: a, url: "http://a/x"}]\n', `f.yaml:1:25: backends.0.url: ${NO_PATH}`],
  ['a url with query', 'backends: [{id: a, url: "http://a?x"}]\n', `f.yaml:1:25: backends.0.url: ${NO_PATH}`],
  [
    'a url without host',
    'backends: [{id: a, url: "http://:80"}]\n',
    `f.yaml:1:25: backends.0.url: ${URL_HOST}`,
  ],
  [
    'IPv6 without brackets',
    'backends: [{id: a, url: "http://::1"}]\n',
    `f.yaml:1:25: backends.0.url: ${URL_HOST}`,
  ],
  [
    'a name in brackets',
    'backends: [{id: a, url: "http://[a]"}]\n',
    `f.yaml:1:25: backends.0.url: ${URL_HOST}`,
  ],
  [
    'port 0 of a backend',
    'backends: [{id: a, url: "http://a:0"}]\n',
    'f.yaml:1:25: backends.0.url: expected a URL with a port from 1 to 65535',
  ],
  [
    'a port of a backend in words',
    'backends: [{id: a, url: "http://a:http"}]\n',
    'f.yaml:1:25: backends.0.url: expected a URL with a port from 1 to 65535',
  ],
  [
    'a weight above 1,000',
    'backends: [{id: a, url: "http://a", weight: 1001}]\n',
    'f.yaml:1:45: backends.0.weight: expected a whole number from 0 to 1000',
  ],
  [
    'a negative weight',
    'backends: [{id: a, url: "http://a", weight: -1}]\n',
    'f.yaml:1:45: backends.0.weight: expected a whole number from 0 to 1000',
  ],
  [
    'an interval without unit',
    `${B}health_check: {interval: 30}\n`,
    `f.yaml:2:26: health_check.interval: ${UNIT}`,
  ],
  [
    'a timeout above the interval',
    `${B}health_check: {interval: 1s, timeout: 2s}\n`,
    'f.yaml:2:39: health_check.timeout: expected at most the interval',
  ],
  [
    'a fast interval above the interval',
    `${B}health_check: {interval: 1s, fast_interval: 2s}\n`,
    'f.yaml:2:45: health_check.fast_interval: expected at most the interval',
  ],
  [
    'a wrong order beside another problem',
    `${B}health_check: {interval: 1s, timeout: 2s, jitter: x}\n`,
    'f.yaml:2:39: health_check.timeout: expected at most the interval',
    'f.yaml:2:51: health_check.jitter: expected a share from 0% to 50%, such as 10% or 0.1',
  ],
  [
    'a relative path of checks',
    `${B}health_check: {path: health}\n`,
    'f.yaml:2:22: health_check.path: expected a path such as /health, in ASCII',
  ],
  [
    'a status out of range',
    `${B}health_check: {expected_status: [700]}\n`,
    `f.yaml:2:34: health_check.expected_status.0: ${STATUS}, from 100 to 599`,
  ],
  [
    'a range of status backwards',
    `${B}health_check: {expected_status: 300-200}\n`,
    `f.yaml:2:33: health_check.expected_status.0: ${STATUS}, from 100 to 599`,
  ],
  [
    'a class that does not exist',
    `${B}health_check: {expected_status: 6xx}\n`,
    `f.yaml:2:33: health_check.expected_status.0: ${STATUS}`,
  ],
  [
    'no status at all',
    `${B}health_check: {expected_status: []}\n`,
    `f.yaml:2:33: health_check.expected_status: ${STATUS}`,
  ],
  [
    'a threshold of 0',
    `${B}health_check: {failure_threshold: 0}\n`,
    'f.yaml:2:35: health_check.failure_threshold: expected a whole number from 1 to 100',
  ],
  [
    'a breaker as text',
    `${B}circuit_breaker: off\n`,
    'f.yaml:2:18: circuit_breaker: expected a mapping of settings',
  ],
  [
    'a longest opening below the first',
    `${B}circuit_breaker: {reset_timeout: 1m, max_reset_timeout: 30s}\n`,
    'f.yaml:2:57: circuit_breaker.max_reset_timeout: expected at least the reset_timeout',
  ],
  [
    'a misspelt breaker key',
    `${B}circuit_breaker: {half_open_limits: 3}\n`,
    'f.yaml:2:19: circuit_breaker.half_open_limits: unknown key; did you mean half_open_limit?',
  ],
  [
    'a sticky type of later',
    `${B}sticky_session: {type: header}\n`,
    'f.yaml:2:24: sticky_session.type: expected one of cookie, ip',
  ],
  [
    'a cookie name with a space',
    `${B}sticky_session: {cookie_name: "a b"}\n`,
    `f.yaml:2:31: sticky_session.cookie_name: ${COOKIE}`,
  ],
  [
    'a cookie name with a prefix',
    `${B}sticky_session: {cookie_name: __host-a}\n`,
    `f.yaml:2:31: sticky_session.cookie_name: ${COOKIE}`,
  ],
  [
    'an absolute timeout below the idle one',
    `${B}sticky_session: {timeout: 1h, absolute_timeout: 1m}\n`,
    'f.yaml:2:49: sticky_session.absolute_timeout: expected at least the timeout',
  ],
  [
    'too many bits',
    `${B}sticky_session: {type: ip, ipv4_prefix: 33}\n`,
    'f.yaml:2:41: sticky_session.ipv4_prefix: expected a whole number from 0 to 32',
  ],
];

const P = 'pools: {web: {backends: []}, api: {backends: []}}\nroutes:\n  - {pool: web}\n';
const PATH = 'expected a path such as /api, in URL characters, without query';
const SEGMENTS = 'expected a path without empty, . or .. segments';
const ROUTE_HOST = 'expected a host name such as www.example.com, without scheme and port';

const routes: readonly Case[] = [
  [
    'an unknown pool',
    `${P}  - {path_prefix: /a, pool: apy}\n`,
    'f.yaml:4:29: routes.1.pool: expected the name of a pool; did you mean api?',
  ],
  [
    'a pool far from any',
    `${P}  - {path_prefix: /a, pool: zzzzzz}\n`,
    'f.yaml:4:29: routes.1.pool: expected the name of a pool',
  ],
  ['no pool', `${P}  - {path_prefix: /a}\n`, 'f.yaml:4:5: routes.1.pool: this setting is required'],
  [
    'one place twice',
    `${P}  - {path_prefix: /, pool: api}\n`,
    'f.yaml:4:5: routes.1: expected a host and path of its own: routes.0 has the same',
  ],
  [
    'one place twice in other words',
    `${P}  - {host: A.b, path_prefix: /x/, pool: api}\n  - {host: a.B, path_prefix: /x, pool: web}\n`,
    'f.yaml:5:5: routes.2: expected a host and path of its own: routes.1 has the same',
  ],
  ['a host with port', `${P}  - {host: "a:80", pool: api}\n`, `f.yaml:4:12: routes.1.host: ${ROUTE_HOST}`],
  [
    'a host with scheme',
    `${P}  - {host: "http://a", pool: api}\n`,
    `f.yaml:4:12: routes.1.host: ${ROUTE_HOST}`,
  ],
  [
    'a wildcard',
    `${P}  - {host: "*.a.com", pool: api}\n`,
    'f.yaml:4:12: routes.1.host: expected a whole host name: wildcards are not supported',
  ],
  [
    'a number as host',
    `${P}  - {host: 5, pool: api}\n`,
    'f.yaml:4:12: routes.1.host: expected a host name such as www.example.com',
  ],
  [
    'a relative path',
    `${P}  - {path_prefix: api, pool: api}\n`,
    `f.yaml:4:19: routes.1.path_prefix: ${PATH}`,
  ],
  [
    'a path with query',
    `${P}  - {path_prefix: "/api?x", pool: api}\n`,
    `f.yaml:4:19: routes.1.path_prefix: ${PATH}`,
  ],
  [
    'a path with ..',
    `${P}  - {path_prefix: /a/../b, pool: api}\n`,
    `f.yaml:4:19: routes.1.path_prefix: ${SEGMENTS}`,
  ],
  [
    'a path with an empty segment',
    `${P}  - {path_prefix: /a//b, pool: api}\n`,
    `f.yaml:4:19: routes.1.path_prefix: ${SEGMENTS}`,
  ],
  ['a route as text', `${P}  - web\n`, 'f.yaml:4:5: routes.1: expected a mapping of settings'],
  ['routes as a mapping', 'pools: {a: {backends: []}}\nroutes: {}\n', 'f.yaml:2:9: routes: expected a list'],
];

const FORMS = '${NAME}, ${NAME:-default} or ${NAME:?message}';

const variables: readonly Case[] = [
  [
    'a variable not set',
    `${B}workers: \${N}\n`,
    'f.yaml:2:10: workers: environment variable N is not set; ${N:-…} gives a default',
  ],
  [
    'a variable with a message',
    `${B}workers: \${N:?say how many}\n`,
    'f.yaml:2:10: workers: environment variable N is not set: say how many',
  ],
  [
    'a variable without message',
    `${B}workers: \${N:?}\n`,
    'f.yaml:2:10: workers: environment variable N is not set',
  ],
  ['a bad name', `${B}data_dir: \${1N}\n`, `f.yaml:2:11: data_dir: expected ${FORMS} ($$ for a dollar sign)`],
  [
    'an unknown operator',
    `${B}data_dir: \${N:=5}\n`,
    `f.yaml:2:11: data_dir: expected ${FORMS} ($$ for a dollar sign)`,
  ],
  [
    'one in another',
    `${B}data_dir: \${A:-\${B}}\n`,
    `f.yaml:2:11: data_dir: expected ${FORMS} ($$ for a dollar sign)`,
  ],
  ['one not closed', `${B}data_dir: x\${N\n`, `f.yaml:2:11: data_dir: expected a closing } in ${FORMS}`],
  [
    'a value out of range',
    `${B}workers: \${MANY}\n`,
    'f.yaml:2:10: workers: expected a whole number from 1 to 256',
  ],
  [
    'a value that looks like YAML',
    `${B}listen: \${YAML}\n`,
    'f.yaml:2:9: listen: expected a mapping of settings',
  ],
];

describe.each([
  ['document', documents],
  ['form', forms],
  ['process setting', processes],
  ['forwarding setting', forwarding],
  ['pool', pools],
  ['route', routes],
  ['variable', variables],
])('a configuration with a problem of its %s is told every problem with its place', (_kind, cases) => {
  it.each(cases.map(([name, file, ...problems]) => [name, file, problems] as const))(
    '%s',
    (_name, file, problems) => {
      expect(problemsOf(file, { MANY: '1000', YAML: '{port: 1}' })).toEqual(problems);
    },
  );
});

describe('a configuration with many problems', () => {
  it('is told all of them at once, in the order of the file', () => {
    const file = 'workers: 0\nbackends:\n  - {id: a}\nlog: {levle: info}\nhealth_check: {timeout: 9}\n';
    expect(problemsOf(file)).toEqual([
      'f.yaml:1:10: workers: expected a whole number from 1 to 256',
      'f.yaml:3:5: backends.0.url: this setting is required',
      'f.yaml:4:7: log.levle: unknown key; did you mean level?',
      `f.yaml:5:25: health_check.timeout: ${UNIT}`,
    ]);
  });

  it('is told the first hundred', () => {
    const file = `backends:\n${'  - {}\n'.repeat(80)}`;
    const problems = problemsOf(file);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('f.yaml:51:5: there are more problems than these');
  });

  it('is told that aliases multiply beyond measure, and quickly', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `k${n + 1}: &k${n + 1} [${`*k${n}, `.repeat(9)}]`);
    expect(problemsOf(`k0: &k0 [x]\n${levels.join('\n')}\n`)).toContainEqual(
      expect.stringContaining('expected at most 100 aliases'),
    );
  });

  it('is told that there are too many values', () => {
    const file = `trusted_proxies: [${'1,'.repeat(100_001)}]\n`;
    expect(problemsOf(file)).toEqual(['f.yaml:1:1: expected at most 100000 values, aliases counted']);
  });

  it.each(['[', '{a: ', '- '])('is told that %s is nested beyond what can be parsed', (open) => {
    expect(problemsOf(open.repeat(100_000))).toEqual([
      expect.stringMatching(/^f\.yaml:1:\d+: nested too deeply$/),
    ]);
  });

  it('is told that it is nested beyond what settings need', () => {
    expect(problemsOf(`backends: ${'['.repeat(40)}${']'.repeat(40)}\n`)).toContainEqual(
      expect.stringMatching(/nested too deeply$/),
    );
  });
});
