/** What is measured, as data. Sizes in bytes; `requests` is the number per subject and round. */

/** `idle` measures memory, all others CPU time. */
export type Mode = 'keep-alive' | 'connection-per-request' | 'websocket' | 'idle';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly mode: Mode;
  readonly tls: boolean;
  readonly connections: number;
  readonly requests: number;
  readonly browserHeaders: boolean;
  /** 0: a GET. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly backends: number;
  readonly sticky: boolean;
  /** Also measure nginx with buffers that hold the whole body. */
  readonly fitted: boolean;
  /** Tidegate is also measured like this, in the same rounds, to see what the difference costs. */
  readonly twin: Twin | null;
}

export interface Twin {
  /** Added to the subject's name. */
  readonly name: string;
  readonly differs: Partial<Scenario>;
}

const SMALL: Omit<Scenario, 'name' | 'title'> = {
  mode: 'keep-alive',
  tls: false,
  connections: 64,
  requests: 30_000,
  browserHeaders: false,
  requestBytes: 0,
  responseBytes: 64,
  backends: 2,
  sticky: false,
  fitted: false,
  twin: null,
};

export const SCENARIOS: readonly Scenario[] = [
  { ...SMALL, name: 'small-get', title: 'small GET, 64 kept-alive connections' },
  {
    ...SMALL,
    name: 'browser-headers',
    title: 'GET with a browser’s header fields (14 fields, 800 bytes)',
    browserHeaders: true,
  },
  { ...SMALL, name: 'tls', title: 'small GET over TLS, kept-alive connections', tls: true },
  {
    ...SMALL,
    name: 'connection-per-request',
    title: 'small GET, a new connection for each',
    mode: 'connection-per-request',
    requests: 10_000,
  },
  {
    ...SMALL,
    name: 'body-64k',
    title: '64 KB response body',
    responseBytes: 65_536,
    requests: 10_000,
    fitted: true,
  },
  {
    ...SMALL,
    name: 'body-1m',
    title: '1 MB response body',
    responseBytes: 1_048_576,
    requests: 1_500,
    fitted: true,
  },
  {
    ...SMALL,
    name: 'post-16k',
    title: 'POST of 16 KB',
    requestBytes: 16_384,
    requests: 15_000,
    fitted: true,
  },
  {
    ...SMALL,
    name: 'websocket',
    title: 'WebSocket message of 32 bytes and its echo',
    mode: 'websocket',
    requests: 40_000,
  },
  {
    ...SMALL,
    name: 'backends-1000',
    title: 'small GET, 1,000 backends',
    backends: 1_000,
    twin: { name: 'with 2', differs: { backends: 2 } },
  },
  {
    ...SMALL,
    name: 'sticky',
    title: 'small GET with a session cookie (nginx: none)',
    sticky: true,
    twin: { name: 'without', differs: { sticky: false } },
  },
  {
    ...SMALL,
    name: 'idle-connections',
    title: 'memory per idle kept-alive connection',
    mode: 'idle',
    connections: 4_000,
    requests: 20_000,
  },
];

const BROWSER_FIELDS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Cache-Control: max-age=0',
  'Cookie: theme=dark; consent=analytics%3Dfalse%26ads%3Dfalse; cart=8f14e45fceea167a5a36dedd4bea2543; seen=1731000000; visitor=6f1ed002ab5595859014ebf0951522d9; tz=Europe',
  'Referer: http://bench.test/catalogue/garden/tools?page=3&sort=price',
  'Sec-CH-UA: "Chromium";v="140", "Not=A?Brand";v="24"',
  'Sec-CH-UA-Mobile: ?0',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Site: same-origin',
  'Upgrade-Insecure-Requests: 1',
];

/** The head of the request that a scenario sends, up to but without the empty line. */
export function requestHead(scenario: Scenario): string {
  const method = scenario.requestBytes > 0 ? 'POST' : 'GET';
  const lines = [`${method} ${pathOf(scenario)} HTTP/1.1`, 'Host: bench.test'];
  if (scenario.browserHeaders) lines.push(...BROWSER_FIELDS);
  if (scenario.requestBytes > 0) lines.push(`Content-Length: ${scenario.requestBytes}`);
  if (scenario.mode === 'connection-per-request') lines.push('Connection: close');
  if (scenario.mode === 'websocket') {
    lines.push('Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13');
    lines.push('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** The origin reads the size of its answer from the path. */
export function pathOf(scenario: Scenario): string {
  return `/bytes/${scenario.responseBytes}`;
}

/** WebSocket messages (RFC 6455 §5.2): a masked text frame with a mask of zeros, and the frame that echoes it. */
export const MESSAGE_BYTES = 32;
export const MESSAGE = Buffer.concat([
  Buffer.from([0x81, 0x80 | MESSAGE_BYTES, 0, 0, 0, 0]),
  Buffer.alloc(MESSAGE_BYTES, 'x'),
]);
export const ECHO = Buffer.concat([Buffer.from([0x81, MESSAGE_BYTES]), Buffer.alloc(MESSAGE_BYTES, 'x')]);
