/** Exchanges with several steps: interim responses, Expect, upgrades, early answers, reuse of connections. RFC 9110 §7.8, §10.1.1, §15.2. */
import { answer } from '../backend-server.js';
import { HOST, OK, SMUGGLED, type StrictnessCase } from './strictness-case.js';

const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`;
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const EXPECTING = `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`;
const UPGRADE = `GET /ws HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`;
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

const asking = (method: string, protocol: string, framing = ''): string =>
  `${method} /ws HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: ${protocol}\r\n${framing}\r\n`;
const switchedTo = (protocol: string): string => SWITCHED.replace('websocket', protocol);

const INTERIM: readonly StrictnessCase[] = [
  {
    name: 'passes interim responses and then the final one',
    rule: 'RFC 9110 §15.2',
    steps: [{ send: GET }],
    replies: [{ bytes: HINTS + HINTS + OK }],
    expected: {
      statuses: [200],
      after: 'open',
      requests: 1,
      contains: [/^HTTP\/1\.1 103 [^]*HTTP\/1\.1 103 [^]*HTTP\/1\.1 200 /],
      upstreamConnections: 1,
    },
  },
  {
    name: 'sends no interim response to HTTP/1.0',
    rule: 'RFC 9110 §15.2',
    steps: [{ send: `GET / HTTP/1.0\r\n${HOST}\r\n` }],
    replies: [{ bytes: HINTS + OK }],
    expected: { statuses: [200], after: 'closed', requests: 1, lacks: ['103 Early'] },
  },
  {
    name: 'passes 100 and then the body',
    rule: 'RFC 9110 §10.1.1',
    steps: [
      { send: EXPECTING },
      { receives: '100 Continue' },
      { send: 'hello' },
      { backendReceives: /\r\n\r\nhello$/ },
      { backendSends: OK },
    ],
    replies: [{ bytes: CONTINUE }],
    expected: { statuses: [200], after: 'open', requests: 1, upstreamConnections: 1 },
  },
  {
    name: 'passes Expect once, in lower case, however often and however it was written',
    rule: 'RFC 9110 §10.1.1',
    steps: [
      {
        send: EXPECTING.replace('Expect: 100-continue', 'expect:\t100-Continue \r\nExpect: 100-CONTINUE'),
      },
      { backendReceives: '\r\nExpect: 100-continue\r\n' },
      { backendSends: CONTINUE },
      { receives: '100 Continue' },
      { send: 'hello' },
      { backendReceives: /\r\n\r\nhello$/ },
      { backendSends: OK },
    ],
    replies: [{ bytes: '' }],
    expected: { statuses: [200], after: 'open', requests: 1, backendLacks: [/-C/] },
  },
  {
    name: 'passes a final answer to Expect, and does not wait for the body',
    rule: 'Go CVE-2024-24791',
    steps: [{ send: EXPECTING }],
    replies: [{ bytes: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n' }],
    expected: { statuses: [403], after: 'closed', requests: 1 },
  },
  {
    name: 'takes a body that is sent without waiting for 100',
    rule: 'RFC 9110 §10.1.1',
    steps: [{ send: `${EXPECTING}hello` }],
    replies: [{ bytes: OK, once: /hello/ }],
    expected: { statuses: [200], after: 'open', requests: 1 },
  },
  {
    name: 'ignores Expect in HTTP/1.0',
    rule: 'RFC 9110 §10.1.1',
    steps: [{ send: `POST / HTTP/1.0\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello` }],
    replies: [{ bytes: OK, once: /hello/ }],
    expected: { statuses: [200], after: 'closed', requests: 1, lacks: ['100 Continue'] },
  },
];

const UPGRADES: readonly StrictnessCase[] = [
  {
    name: 'opens a tunnel on 101, both ways',
    rule: 'RFC 9110 §7.8',
    steps: [
      { send: UPGRADE },
      { receives: '101 Switching Protocols' },
      { send: '\x81\x00\r\n\r\n' },
      { backendReceives: '\x81\x00\r\n\r\n' },
      { backendSends: '\xff\x00 from the backend' },
      { receives: '\xff\x00 from the backend' },
    ],
    replies: [{ bytes: SWITCHED }],
    expected: {
      statuses: [101],
      after: 'tunnel',
      requests: 1,
      backendContains: [/\r\nupgrade: websocket\r\n/i, /\r\nconnection: upgrade\r\n/i],
    },
  },
  {
    name: 'passes what comes together with 101',
    rule: 'RFC 9110 §7.8',
    steps: [{ send: UPGRADE }, { receives: 'first frame' }],
    replies: [{ bytes: `${SWITCHED}first frame` }],
    expected: { statuses: [101], after: 'tunnel', requests: 1 },
  },
  {
    name: 'tunnels nothing before 101: bytes behind a request to upgrade that is answered 200',
    rule: 'CVE-2026-2833',
    steps: [{ send: UPGRADE + SMUGGLED }],
    replies: [{ bytes: answer('no') }],
    // Whether what follows is a request at all nobody knows, as it was sent before the answer.
    expected: {
      statuses: [200],
      after: 'closed',
      requests: 1,
      contains: ['no'],
      backendLacks: ['/smuggled'],
    },
  },
  {
    name: 'tunnels what came before 101 after it, not earlier',
    rule: 'CVE-2026-2833',
    steps: [
      { send: `${UPGRADE}early frame` },
      { backendReceives: /\r\n\r\n$/ },
      { backendSends: SWITCHED },
      { backendReceives: /\r\n\r\nearly frame$/ },
    ],
    replies: [{ bytes: '' }],
    expected: { statuses: [101], after: 'tunnel', requests: 1 },
  },
  {
    name: 'takes 200 with Upgrade for an answer',
    rule: 'CVE-2024-23326',
    steps: [{ send: UPGRADE }],
    replies: [
      {
        bytes: 'HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno',
      },
    ],
    expected: { statuses: [200], after: 'closed', requests: 1, contains: ['\r\n\r\nno'] },
  },
  {
    name: 'answers 502 to 101 with another protocol than was asked for',
    rule: 'RFC 9110 §15.2.2',
    steps: [{ send: UPGRADE }],
    replies: [{ bytes: SWITCHED.replace('websocket', 'h2c') }],
    expected: { statuses: [502], after: 'tunnel', code: 'upstream_malformed', requests: 1 },
  },
  {
    name: 'answers 502 to 101 with a NUL in its reason',
    rule: 'RFC 9112 §4',
    steps: [{ send: UPGRADE }],
    replies: [{ bytes: SWITCHED.replace('Switching', 'Switch\0ing') }],
    expected: { statuses: [502], after: 'tunnel', code: 'upstream_malformed', requests: 1, lacks: ['\0'] },
  },
  {
    name: 'opens a tunnel for POST',
    rule: 'RFC 9110 §7.8',
    steps: [
      { send: asking('POST', 'SPDY/3.1') },
      { receives: '101 Switching Protocols' },
      { send: '\x80\x03' },
      { backendReceives: '\x80\x03' },
      { backendSends: '\x80\x03 from the backend' },
      { receives: '\x80\x03 from the backend' },
    ],
    replies: [{ bytes: switchedTo('SPDY/3.1') }],
    expected: {
      statuses: [101],
      after: 'tunnel',
      requests: 1,
      backendContains: [
        /^POST \/ws HTTP\/1\.1\r\n/,
        '\r\nUpgrade: SPDY/3.1\r\n',
        '\r\nConnection: Upgrade\r\n',
      ],
    },
  },
  {
    name: 'opens a tunnel for a method that nobody knows',
    rule: 'RFC 9110 §7.8',
    steps: [{ send: asking('ATTACH', 'tcp') }],
    replies: [{ bytes: switchedTo('tcp') }],
    expected: { statuses: [101], after: 'tunnel', requests: 1 },
  },
  ...(
    [
      ['of a length', 'Content-Length: 12\r\n', '{"Tty":true}'],
      ['in chunks', 'Transfer-Encoding: chunked\r\n', 'c\r\n{"Tty":true}\r\n0\r\n\r\n'],
    ] as const
  ).flatMap(([kind, framing, body]): readonly StrictnessCase[] => [
    {
      name: `opens a tunnel behind a body ${kind}`,
      rule: 'RFC 9110 §7.8',
      steps: [
        { send: asking('POST', 'tcp', framing) + body },
        { receives: '101 Switching Protocols' },
        { send: 'to the backend' },
        { backendReceives: /Tty":true}(?:\r\n0\r\n\r\n)?to the backend$/ },
        { backendSends: 'to the client' },
        { receives: 'to the client' },
      ],
      replies: [{ bytes: switchedTo('tcp'), once: /Tty":true}/ }],
      expected: { statuses: [101], after: 'tunnel', requests: 1 },
    },
    {
      name: `sends what comes behind a body ${kind} after 101, not earlier`,
      rule: 'CVE-2026-2833',
      steps: [
        { send: asking('POST', 'tcp', framing) + body.slice(0, 5) },
        { backendReceives: '{"' },
        { send: `${body.slice(5)}early` },
        { backendReceives: /Tty":true}(?:\r\n0\r\n\r\n)?$/ },
        { backendSends: switchedTo('tcp') },
        { backendReceives: /Tty":true}(?:\r\n0\r\n\r\n)?early$/ },
      ],
      replies: [{ bytes: '' }],
      expected: { statuses: [101], after: 'tunnel', requests: 1 },
    },
    {
      name: `takes what comes behind a body ${kind} for nothing where there is no 101`,
      rule: 'CVE-2026-2833',
      steps: [{ send: asking('POST', 'tcp', framing) + body + SMUGGLED }],
      replies: [{ bytes: answer('no'), once: /Tty":true}/ }],
      expected: {
        statuses: [200],
        after: 'closed',
        requests: 1,
        contains: ['no'],
        backendLacks: ['/smuggled'],
      },
    },
    {
      name: `answers 502 to 101 before the end of a body ${kind}`,
      rule: 'RFC 9110 §7.8',
      steps: [{ send: asking('POST', 'tcp', framing) + body.slice(0, 5) }],
      replies: [{ bytes: switchedTo('tcp'), once: /\{"/ }],
      expected: { statuses: [502], after: 'closed', code: 'upstream_malformed', requests: 1 },
    },
  ]),
  {
    name: 'ignores Upgrade in HTTP/1.0',
    rule: 'RFC 9110 §7.8',
    steps: [{ send: UPGRADE.replace('HTTP/1.1', 'HTTP/1.0') }],
    replies: [{ bytes: OK }],
    expected: { statuses: [200], after: 'closed', requests: 1, backendLacks: [/upgrade: websocket/i] },
  },
];

const REUSE: readonly StrictnessCase[] = [
  {
    name: 'uses a connection again after an answer',
    rule: 'RFC 9112 §9.3',
    steps: [{ send: GET }, { receives: 'fine' }, { send: GET }],
    replies: [{ bytes: OK }, { bytes: OK }],
    expected: { statuses: [200, 200], after: 'open', requests: 2, upstreamConnections: 1 },
  },
  {
    name: 'does not take what a backend says unasked for the next answer',
    rule: 'CVE-2026-48931',
    steps: [{ send: GET }, { receives: 'fine' }, { backendSends: answer('stale') }],
    replies: [{ bytes: OK }],
    expected: { statuses: [200], after: 'open', requests: 1, lacks: ['stale'], upstreamConnections: 2 },
  },
  {
    name: 'answers a request with the next connection where the backend has closed the idle one',
    rule: 'RFC 9112 §9.3.1',
    steps: [{ send: GET }, { receives: 'fine' }, { backendCloses: 'end' }],
    replies: [{ bytes: OK }],
    expected: { statuses: [200], after: 'open', requests: 1, upstreamConnections: 2 },
  },
  {
    name: 'passes an early answer while the body still comes',
    rule: 'RFC 9112 §9.5',
    steps: [{ send: `POST / HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\nhello` }],
    replies: [{ bytes: 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n' }],
    expected: { statuses: [413], after: 'tunnel', requests: 1 },
  },
  {
    name: 'answers 502 where the backend closes without an answer',
    rule: 'RFC 9110 §15.6.3',
    steps: [{ send: `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n` }],
    replies: [{ bytes: '', finally: 'ends' }],
    expected: { statuses: [502], after: 'open', code: 'upstream_reset', requests: 1 },
  },
  {
    name: 'answers 502 where the backend resets within the head',
    rule: 'RFC 9110 §15.6.3',
    steps: [{ send: `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n` }],
    replies: [{ bytes: 'HTTP/1.1 200 OK\r\nContent-', finally: 'ends' }],
    expected: { statuses: [502], after: 'open', requests: 1 },
  },
  {
    name: 'answers a client that has ended its side',
    rule: 'RFC 9112 §9.6',
    steps: [{ send: GET }, { ends: true }],
    replies: [{ bytes: OK }],
    expected: { statuses: [200], after: 'closed', requests: 1 },
  },
  {
    name: 'makes no whole request of one whose body ends too early',
    rule: 'RFC 9112 §8',
    steps: [{ send: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhel` }, { ends: true }],
    replies: [{ bytes: OK, once: /\r\n0\r\n\r\n$/ }],
    expected: { statuses: [], after: 'closed', requests: 'any', backendLacks: [/\r\n0\r\n\r\n$/] },
  },
];

export const EXCHANGE_CASES: readonly StrictnessCase[] = [...INTERIM, ...UPGRADES, ...REUSE];
