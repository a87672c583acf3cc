/**
 * Words that node:http, node:http2, nghttp2 or http-proxy-3 treat in a way of their own: what their sources compare names,
 * methods, statuses and values with. A fuzz that knows none of them would not meet them in years.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const METHODS = words(`
  GET GET GET HEAD POST POST PUT DELETE PATCH OPTIONS TRACE CONNECT PRI get Post PURGE PROPFIND
  M-SEARCH QUERY LINK BAN X __proto__ constructor
`);

export const NAMES = words(`
  trailer te expect connection host content-length transfer-encoding upgrade date cookie
  set-cookie keep-alive proxy-connection http2-settings content-disposition content-encoding
  content-type link authorization proxy-authorization proxy-authenticate age etag expires from
  if-modified-since last-modified location max-forwards referer retry-after server user-agent
  vary via alt-svc origin range if-match priority x-forwarded-for x-forwarded-host x-request-id
  forwarded x-real-ip content_length __proto__ constructor hasownproperty tostring length 0 x-y
  x_y !#$%&*+.^|~ sec-websocket-key sec-websocket-version alpn access-control-allow-credentials
  dnt tk
`);

/** Names that a request cannot have: of HTTP/2's own, or no name at all. */
export const BAD_NAMES: readonly string[] = [
  ':method',
  ':path',
  ':scheme',
  ':authority',
  ':status',
  ':protocol',
  ':x',
  '',
  ' ',
  'a b',
  'a:b',
  'ä',
  'A\u0000',
];

export const VALUES: readonly string[] = [
  '',
  'x',
  '0',
  '1',
  '5',
  '-1',
  '+5',
  '0x5',
  '1e3',
  '002',
  '99999999999999999999',
  '5, 5',
  '5,6',
  'chunked',
  'Chunked',
  'gzip, chunked',
  'identity',
  'trailers',
  'trailers, deflate',
  'close',
  'keep-alive',
  'upgrade',
  'Upgrade, HTTP2-Settings',
  '100-continue',
  '100-Continue',
  'something',
  'websocket',
  'h2c',
  'spdy/3.1',
  'transfer-encoding',
  'content-length, x',
  'a=1',
  'a=1; b=2',
  '=',
  ';',
  'sid=v1.x.y.z',
  'attachment; filename="\u00e9\u00c3\u00a9.txt"',
  'timeout=5, max=0',
  '"',
  '\\',
  ',',
  ',,',
  'Mon, 01 Jan 2024 00:00:00 GMT',
  '</a>; rel=preload',
  'x'.repeat(300),
  '\u00ff\u0080',
  '\t',
  'a\tb',
  'AAMAAABkAAQAAP__',
  'bytes=0-',
  '*',
  'fair.test',
  'fair.test:443',
  'http://fair.test/',
  '127.0.0.1',
  '__proto__',
];

export const BAD_VALUES: readonly string[] = [
  '\u0000',
  'a\rb',
  'a\nb',
  'a\r\nx: y',
  '\u007f',
  ' a',
  'a ',
  '\u0001',
];

export const TARGETS: readonly string[] = [
  '/',
  '/',
  '/a',
  '/a/b?c=d',
  '/?',
  '/?a?b',
  '/%2F..%5c',
  '//a',
  '/a//b/',
  '/a;b',
  '/.',
  '/../x',
  '/%00',
  '/%zz',
  '*',
  '/{}|^`',
  '/a%20b',
  '/\'"',
  '/__proto__',
  '/metrics',
  `/${'x'.repeat(2_000)}`,
  '/?x=http://a/b//c',
  '/:80',
  '/@a',
];

export const BAD_TARGETS: readonly string[] = [
  '',
  'a',
  '/a b',
  '/#',
  'http://fair.test',
  'http://x@fair.test/',
  '/\u00e9',
  '//',
];

export const STATUSES: readonly number[] = [
  200, 200, 200, 100, 101, 102, 103, 199, 201, 203, 204, 205, 206, 206, 301, 304, 400, 401, 404, 407, 408,
  413, 417, 421, 426, 428, 429, 431, 499, 500, 501, 502, 503, 504, 505, 511, 599, 600, 999, 0, 99, 1000,
];
