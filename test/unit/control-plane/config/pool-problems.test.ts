import { ALGORITHMS } from '../../../../shared/settings/algorithms.js';
import { B, type ProblemCase, tellsEachProblem } from '../../../support/config-problems.js';

const ALGORITHM = `expected one of ${ALGORITHMS.join(', ')}`;
const DURATION = 'expected a duration such as 30s';
const UNIT = `${DURATION}: a number needs a unit (ms, s, m, h, d)`;
const NAME = 'expected a name of 1 to 64 characters A-Z a-z 0-9 . _ - that begins with a letter or digit';
const URL = 'expected a URL such as http://10.0.0.1:8080';
const NO_PATH = 'expected a URL without path, query and fragment: the request’s own path is used';
const XN = '; names beyond ASCII in their form with xn--';
const URL_HOST = 'expected a URL with a host name or address, IPv6 in brackets: http://[::1]:8080';
const STATUS = 'expected status codes such as 200, 200-399 or 2xx';
const COOKIE = 'expected a cookie name of 1 to 80 token characters, without the prefix __Host- or __Secure-';

const pools: readonly ProblemCase[] = [
  ['an algorithm of later', `algorithm: power-of-two\n${B}`, `f.yaml:1:12: algorithm: ${ALGORITHM}`],
  [
    'an algorithm misspelt',
    `algorithm: round_robin\n${B}`,
    `f.yaml:1:12: algorithm: ${ALGORITHM}; did you mean round-robin?`,
  ],
  [
    'a connection limit of 0',
    `max_connections: 0\nbackends: [{id: a, url: "http://a", max_connections: all}]\n`,
    'f.yaml:1:18: max_connections: expected a whole number from 1 to 1000000',
    'f.yaml:2:54: backends.0.max_connections: expected a whole number from 1 to 1000000',
  ],
  [
    'a queue out of range',
    `queue: {max_pending: -1, timeout: 5}\n${B}`,
    'f.yaml:1:22: queue.max_pending: expected a whole number from 0 to 100000',
    `f.yaml:1:35: queue.timeout: ${UNIT}`,
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
    'f.yaml:3:10: backends.1.id: this name is taken: backends.0.id at 2:10 has it',
  ],
  [
    'one address twice',
    'backends:\n  - {id: a, url: "http://A"}\n  - {id: b, url: "http://a:80/"}\n',
    'f.yaml:3:18: backends.1.url: this address is taken: backends.0.url at 2:18 has it',
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
    'a name beyond ASCII',
    'backends: [{id: a, url: "http://bücher"}]\n',
    `f.yaml:1:25: backends.0.url: ${URL_HOST}${XN}`,
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
    'a status in both its places',
    `${B}health_check: {expected_status: 204, expect: {status: 2xx}}\n`,
    'f.yaml:2:33: health_check.expected_status: expected one of expected_status and expect.status, not both: they mean the same',
  ],
  [
    'an empty list beside it',
    `${B}health_check: {expect: {status: [], body: ""}}\n`,
    `f.yaml:2:33: health_check.expect.status: ${STATUS}`,
    'f.yaml:2:43: health_check.expect.body: expected a text of 1 to 1000 characters',
  ],
  [
    'a body of an answer that has none',
    `${B}health_check: {method: HEAD, expect: {body: ok}}\n`,
    'f.yaml:2:45: health_check.expect.body: expected no body with method HEAD, whose answers have none',
  ],
  [
    'a body that is a number',
    `${B}health_check: {expect: {body: 1}}\n`,
    'f.yaml:2:31: health_check.expect.body: expected a text, or /pattern/ (in quotes)',
  ],
  [
    'a pattern that cannot be read',
    `${B}health_check: {expect: {body: /(up/}}\n`,
    'f.yaml:2:31: health_check.expect.body: expected a regular expression in the syntax of RE2, without look-ahead and back-references: missing closing ): `(up`',
  ],
  [
    'a pattern that takes too long',
    `${B}health_check: {expect: {body: "/[a-z]{1,500}!/"}}\n`,
    'f.yaml:2:31: health_check.expect.body: expected a simpler pattern: it takes 1002 steps for a character, at most 100 are allowed',
  ],
  [
    'a method of another kind, in small letters',
    `${B}health_check: {method: get}\n`,
    'f.yaml:2:24: health_check.method: expected one of GET, HEAD, OPTIONS; did you mean GET?',
  ],
  [
    'a host with its port, and a port that is none',
    `${B}health_check: {host: "www.example:80", port: 0}\n`,
    'f.yaml:2:22: health_check.host: expected a host name such as www.example.com, without scheme and port',
    'f.yaml:2:46: health_check.port: expected a whole number from 1 to 65535',
  ],
  [
    'header fields, each in its place',
    `${B}health_check:\n  headers:\n    X-A: 1\n    "X B": b\n    Host: www\n    X-C: "a\\nb"\n    x-a: ""\n    Connection: close\n`,
    'f.yaml:4:10: health_check.headers.X-A: expected a text (numbers and true or false in quotes)',
    'f.yaml:5:12: health_check.headers.X B: expected the name of a header field: 1 to 128 letters, digits or characters such as - and _',
    'f.yaml:6:11: health_check.headers.Host: expected no Host among the headers: the setting host says it',
    'f.yaml:7:10: health_check.headers.X-C: expected visible characters up to U+00FF, with blanks only between them and no line break',
    'f.yaml:8:10: health_check.headers.x-a: expected each header field once, in whatever case',
    'f.yaml:9:17: health_check.headers.Connection: expected no field about the connection: each request has its own and closes it',
  ],
  [
    'header fields as a list',
    `${B}health_check: {headers: [X-A]}\n`,
    'f.yaml:2:25: health_check.headers: expected names and values such as { X-Check: "1" }',
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

const routes: readonly ProblemCase[] = [
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
    'f.yaml:4:5: routes.1: this host and path are taken: routes.0 at 3:5 has it',
  ],
  [
    'one place twice in other words',
    `${P}  - {host: A.b, path_prefix: /x/, pool: api}\n  - {host: a.B, path_prefix: /x, pool: web}\n`,
    'f.yaml:5:5: routes.2: this host and path are taken: routes.1 at 4:5 has it',
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

describe('a pool that cannot be used is told why, with the place', () => tellsEachProblem(pools));

describe('a route that cannot be used is told why, with the place', () => tellsEachProblem(routes));

const HEAD =
  'expected in timeouts of the file, because the head of a request is read before its pool and route are known';
const SHARED =
  'expected in timeouts of the pool, because all its routes share the connections to its backends';
const BUDGET = 'expected in retry of the file, because the requests to all pools and routes share one budget';

const overrides: readonly ProblemCase[] = [
  [
    'settings of a pool that belong to the file',
    'pools: {a: {backends: [], timeouts: {request_head: 1s, shutdown: 1s}, retry: {budget_min: 1}}}\n',
    `f.yaml:1:52: pools.a.timeouts.request_head: ${HEAD}`,
    'f.yaml:1:66: pools.a.timeouts.shutdown: expected in timeouts of the file, because a worker shuts down for all pools and routes at once',
    `f.yaml:1:91: pools.a.retry.budget_min: ${BUDGET}`,
  ],
  [
    'settings of a route that belong to its pool, or to the file',
    'pools: {a: {backends: []}}\nroutes: [{pool: a, timeouts: {upstream_keep_alive: 1s, keep_alive: 1s}}]\n',
    `f.yaml:2:52: routes.0.timeouts.upstream_keep_alive: ${SHARED}`,
    'f.yaml:2:68: routes.0.timeouts.keep_alive: expected in timeouts of the file, because the next request on a connection may be for any pool and route',
  ],
  [
    'what is out of range, or unknown, as in the file',
    'pools: {a: {backends: [], timeouts: {connect: 1h, respons_head: 1s}, retry: {attempts: 0}}}\n',
    'f.yaml:1:47: pools.a.timeouts.connect: expected a duration from 1ms to 5m',
    'f.yaml:1:51: pools.a.timeouts.respons_head: unknown key; did you mean response_head?',
    'f.yaml:1:88: pools.a.retry.attempts: expected a whole number from 1 to 10',
  ],
  [
    'an unknown key, among those that may be there',
    'pools: {a: {backends: [], retry: {zzzzzz: 1}}}\n',
    'f.yaml:1:35: pools.a.retry.zzzzzz: unknown key; expected one of attempts, on_stale, per_try_timeout, buffer',
  ],
  [
    'what is no mapping',
    'pools: {a: {backends: [], timeouts: 5s}}\n',
    'f.yaml:1:37: pools.a.timeouts: expected a mapping of settings',
  ],
];

describe('timeouts and retry of a pool or a route that cannot be used', () => tellsEachProblem(overrides));
