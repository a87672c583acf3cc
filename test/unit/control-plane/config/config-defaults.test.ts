import { parseConfig } from '../../../../control-plane/config/parse-config.js';
import { wholeConfig, type WholeConfig } from '../../../support/whole-config.js';

function parse(text: string, env: Record<string, string> = {}, cores = 6): WholeConfig {
  return wholeConfig(text, '/etc/tidegate/tidegate.yaml', env, cores);
}

function pool(text: string) {
  return parse(`backends: []\n${text}`).document.pools[0]!.settings;
}

describe('a file with nothing but backends', () => {
  const { process, document } = parse('backends: []\n');

  it('has every process setting', () => {
    expect(process).toEqual({
      listen: { host: '0.0.0.0', port: 8080, tls: null, h2: true },
      admin: { host: '127.0.0.1', port: 9900, tokenFile: null },
      workers: 6,
      workerMemoryLimitBytes: null,
      engine: 'native',
      accept: 'auto',
      dataDir: '/etc/tidegate/data',
      log: { level: 'info', format: 'auto' },
      journal: { retentionMs: 604_800_000, maxBytes: 268_435_456, keepEvents: 100_000 },
      cluster: { name: null, host: null, secretFile: null, candidate: true },
    });
  });

  it('has every forwarding setting', () => {
    expect(document.forwarding).toEqual({
      retry: { attempts: 3, onStale: true, budgetPercent: 20, budgetMin: 10, bufferBytes: 65_536 },
      timeouts: {
        connectMs: 2_000,
        requestHeadMs: 10_000,
        requestBodyIdleMs: 30_000,
        responseHeadMs: 30_000,
        responseIdleMs: 300_000,
        keepAliveMs: 60_000,
        upstreamKeepAliveMs: 4_000,
        tunnelIdleMs: 3_600_000,
        shutdownMs: 30_000,
      },
      limits: {
        headBytes: 16_384,
        headerCount: 100,
        targetBytes: 8_192,
        connectionsPerWorker: 10_000,
        requestsPerConnection: 10_000,
        connectionAgeMs: 3_600_000,
        idlePerBackend: 128,
        uploadWindowBytes: 1_048_576,
        upstreamRequestsPerConnection: 10_000,
        upstreamConnectionAgeMs: 300_000,
      },
      trustedProxies: [],
      metricsPath: null,
      accessLogRatio: 0,
    });
  });

  it('has one empty pool with a breaker, without checks and without sticky sessions', () => {
    expect(document.pools).toEqual([
      {
        id: 'default',
        settings: {
          algorithm: 'round-robin',
          healthCheck: null,
          breaker: {
            failureThreshold: 5,
            failureRatio: 0.5,
            windowMs: 10_000,
            resetTimeoutMs: 30_000,
            maxResetTimeoutMs: 300_000,
            halfOpenLimit: 3,
            halfOpenSuccesses: 3,
            maxEjectionPercent: 50,
          },
          queue: { maxPending: 128, timeoutMs: 5_000 },
          sticky: null,
        },
        backends: [],
      },
    ]);
    expect(document.routes).toEqual([{ host: null, pathPrefix: '/', pool: 'default' }]);
  });

  it('starts at most 256 workers on a machine with more cores', () => {
    expect(parse('backends: []\n', {}, 384).process.workers).toBe(256);
  });
});

describe('a section that is empty', () => {
  it('checks the root path every 30 s', () => {
    expect(pool('health_check: {}').healthCheck).toEqual({
      path: '/',
      method: 'GET',
      headers: {},
      intervalMs: 30_000,
      fastIntervalMs: 1_000,
      timeoutMs: 5_000,
      failureThreshold: 3,
      successThreshold: 2,
      expect: { status: [{ from: 200, to: 299 }] },
      jitter: 0.1,
    });
  });

  it('keeps sessions by a cookie', () => {
    expect(pool('sticky_session: {}').sticky).toEqual({
      type: 'cookie',
      cookieName: 'tidegate_default',
      idleTimeoutMs: 3_600_000,
      absoluteTimeoutMs: 86_400_000,
    });
  });

  it('keeps sessions by address when asked to', () => {
    expect(pool('sticky_session: {type: ip}').sticky).toEqual({ type: 'ip', prefix4: 32, prefix6: 64 });
  });
});

describe('defaults that follow other settings', () => {
  it('check within a short interval', () => {
    expect(pool('health_check: {interval: 500ms}').healthCheck).toMatchObject({
      timeoutMs: 500,
      fastIntervalMs: 500,
    });
  });

  it('let the longest opening be at least the first', () => {
    expect(pool('circuit_breaker: {reset_timeout: 10m}').breaker?.maxResetTimeoutMs).toBe(600_000);
  });

  it('let as many trials close the breaker as may be in flight', () => {
    expect(pool('circuit_breaker: {half_open_limit: 7}').breaker?.halfOpenSuccesses).toBe(7);
  });

  it('let sessions live at least as long as they may be idle', () => {
    expect(pool('sticky_session: {timeout: 3d}').sticky).toMatchObject({ absoluteTimeoutMs: 259_200_000 });
  });
});

describe('what is switched off', () => {
  it.each([
    ['health_check: {enabled: false, interval: 5s}', 'healthCheck'],
    ['circuit_breaker: {enabled: false}', 'breaker'],
    ['sticky_session: {enabled: false, type: ip}', 'sticky'],
  ] as const)('%s', (text, key) => {
    expect(pool(text)[key]).toBeNull();
  });

  it('TLS, with its files named', () => {
    const file = 'backends: []\nlisten: {tls: {enabled: false, cert_file: c, key_file: k}}\n';
    expect(parse(file).process.listen.tls).toBeNull();
  });
});

describe('ways to write a value', () => {
  it.each([
    ['0', 0],
    ['"0"', 0],
    ['1500ms', 1_500],
    ['1.5s', 1_500],
    ['1m30s', 90_000],
    ['1h0m1s', 3_601_000],
  ])('duration %s', (text, expected) => {
    expect(
      parse(`backends: []\ntimeouts: {keep_alive: ${text}}`).document.forwarding.timeouts.keepAliveMs,
    ).toBe(expected);
  });

  it('takes what is asked for beyond the defaults of retries', () => {
    const { retry } = parse('backends: []\nretry: {on_stale: false, per_try_timeout: 2s}').document
      .forwarding;
    expect(retry).toMatchObject({ onStale: false, perTryTimeoutMs: 2_000 });
  });

  it.each([
    ['0', 0],
    ['512B', 512],
    ['1kB', 1_000],
    ['1MB', 1_000_000],
    ['1.5MiB', 1_572_864],
  ])('size %s', (text, expected) => {
    expect(parse(`backends: []\nretry: {buffer: ${text}}`).document.forwarding.retry.bufferBytes).toBe(
      expected,
    );
  });

  it.each([
    ['0.25', 0.25],
    ['25%', 0.25],
    ['"0.25"', 0.25],
  ])('share %s', (text, expected) => {
    expect(pool(`circuit_breaker: {failure_ratio: ${text}}`).breaker?.failureRatio).toBe(expected);
  });

  it.each([
    ['12.5', 12.5],
    ['12.5%', 12.5],
  ])('percentage %s', (text, expected) => {
    expect(pool(`circuit_breaker: {max_ejection_percent: ${text}}`).breaker?.maxEjectionPercent).toBe(
      expected,
    );
  });

  it.each([
    ['204', [{ from: 204, to: 204 }]],
    ['2XX', [{ from: 200, to: 299 }]],
    [
      '[200-399, 401, 5xx]',
      [
        { from: 200, to: 399 },
        { from: 401, to: 401 },
        { from: 500, to: 599 },
      ],
    ],
  ])('status %s', (text, expected) => {
    expect(pool(`health_check: {expect: {status: ${text}}}`).healthCheck?.expect).toEqual({
      status: expected,
    });
  });

  it.each([
    ['http://a', { protocol: 'http', host: 'a', port: 80 }],
    ['HTTPS://A.Example.com/', { protocol: 'https', host: 'a.example.com', port: 443 }],
    ['http://my_service:8080', { protocol: 'http', host: 'my_service', port: 8_080 }],
    ['http://_api._tcp.a_b.test_', { protocol: 'http', host: '_api._tcp.a_b.test_', port: 80 }],
    ['http://10.0.0.1:8080', { protocol: 'http', host: '10.0.0.1', port: 8_080 }],
    ['http://[FD00::1]:8080', { protocol: 'http', host: 'fd00::1', port: 8_080 }],
  ])('url %s', (url, expected) => {
    expect(parse(`backends: [{id: a, url: "${url}"}]`).document.pools[0]!.backends[0]!.address).toEqual(
      expected,
    );
  });

  it('trusted proxies as addresses and networks, with host bits cleared and doubles dropped', () => {
    const file = 'backends: []\ntrusted_proxies: [10.1.2.3, 10.1.2.3/8, 10.0.0.0/8, "fd00::1/8", "::1"]\n';
    expect(parse(file).document.forwarding.trustedProxies).toEqual([
      '10.1.2.3/32',
      '10.0.0.0/8',
      'fd00::/8',
      '::1/128',
    ]);
  });

  it.each([
    ['off', 0],
    ['sampled, access_sample_ratio: 5%', 0.05],
    ['on', 1],
  ])('access log %s', (text, expected) => {
    expect(parse(`backends: []\nlog: {access: ${text}}`).document.forwarding.accessLogRatio).toBe(expected);
  });

  it('absolute and relative paths', () => {
    const file = 'backends: []\ndata_dir: /var/lib/tidegate\nadmin: {host: 0.0.0.0, token_file: ../token}\n';
    const { dataDir, admin } = parse(file).process;
    expect([dataDir, admin.tokenFile]).toEqual(['/var/lib/tidegate', '/etc/token']);
  });

  it('an alias for a section that is used twice', () => {
    const file =
      'pools: {a: {backends: [], health_check: &h {path: /x}}, b: {backends: [], health_check: *h}}\n' +
      'routes: [{pool: a}, {host: b, pool: b}]\n';
    expect(parse(file).document.pools.map(({ settings }) => settings.healthCheck?.path)).toEqual([
      '/x',
      '/x',
    ]);
  });
});

describe('routes', () => {
  it('come out with lower-case hosts, and prefixes without a slash at their end', () => {
    const file =
      'pools: {a: {backends: []}}\n' +
      'routes: [{host: WWW.Example.com, path_prefix: /api/, pool: a}, {host: "FD00::1", pool: a}, {path_prefix: /, pool: a}]\n';
    expect(parse(file).document.routes).toEqual([
      { host: 'www.example.com', pathPrefix: '/api', pool: 'a' },
      { host: '[fd00::1]', pathPrefix: '/', pool: 'a' },
      { host: null, pathPrefix: '/', pool: 'a' },
    ]);
  });

  it('lead everything to the one pool of the long form where none are given', () => {
    expect(parse('pools: {only: {backends: []}}\n').document.routes).toEqual([
      { host: null, pathPrefix: '/', pool: 'only' },
    ]);
  });
});

describe('timeouts and retry of a pool and of a route', () => {
  const file = `timeouts: {response_head: 5s}
pools:
  web: {backends: [], timeouts: {upstream_keep_alive: 0, connect: 1s}, retry: {attempts: 1}}
  api: {backends: [], timeouts: {}, retry: {}}
routes:
  - {path_prefix: /report, pool: web, timeouts: {response_head: 10m}, retry: {per_try_timeout: 1m, buffer: 1KiB}}
  - {pool: api, timeouts: {}}
`;
  const { document } = parse(file);

  it('are what the file says there, and nothing else', () => {
    expect(document.forwarding.timeouts).toMatchObject({ responseHeadMs: 5_000, connectMs: 2_000 });
    expect(document.pools[0]?.settings).toMatchObject({
      timeouts: { upstreamKeepAliveMs: 0, connectMs: 1_000 },
      retry: { attempts: 1 },
    });
    expect(document.routes[0]).toMatchObject({
      timeouts: { responseHeadMs: 600_000 },
      retry: { perTryTimeoutMs: 60_000, bufferBytes: 1_024 },
    });
  });

  it('are absent where nothing is said', () => {
    expect(document.pools[1]?.settings).not.toHaveProperty('timeouts');
    expect(document.pools[1]?.settings).not.toHaveProperty('retry');
    expect(document.routes[1]).toEqual({ host: null, pathPrefix: '/', pool: 'api' });
  });

  it('are those of the file in the short form, whose pool has none of its own', () => {
    const short = parse('backends: []\ntimeouts: {connect: 7s}\nretry: {attempts: 9}\n').document;
    expect(short.forwarding).toMatchObject({ timeouts: { connectMs: 7_000 }, retry: { attempts: 9 } });
    expect(short.pools[0]?.settings).not.toHaveProperty('timeouts');
    expect(short.pools[0]?.settings).not.toHaveProperty('retry');
  });
});

describe('variables', () => {
  const env = { PORT: '9090', TLS: 'false', EMPTY: '', ID: '7', LIMIT: '10%' };

  it.each([
    ['listen: {port: "${PORT}"}', 9_090],
    ['listen:\n  port: ${PORT}', 9_090],
    ['listen:\n  port: ${MISSING:-81}', 81],
    ['listen:\n  port: ${EMPTY:-82}', 82],
    ['listen:\n  port: 1${PORT}', 19_090],
  ])('give a port: %s', (text, port) => {
    expect(parse(`backends: []\n${text}\n`, env).process.listen.port).toBe(port);
  });

  it('give a switch, a name and a share', () => {
    const file =
      'backends:\n  - {id: "b${ID}", url: "http://a"}\n  - {id: "${ID}", url: "http://b"}\n' +
      'circuit_breaker: {failure_ratio: "${LIMIT}"}\nsticky_session:\n  enabled: ${TLS}\n';
    const only = parse(file, env).document.pools[0]!;
    expect(only.backends.map(({ id }) => id)).toEqual(['b7', '7']);
    expect(only.settings.breaker?.failureRatio).toBe(0.1);
    expect(only.settings.sticky).toBeNull();
  });

  it('leave a dollar sign where it is doubled or begins nothing', () => {
    expect(
      parse('backends: []\nhealth_check: {path: /$$a$b}\n').document.pools[0]!.settings.healthCheck?.path,
    ).toBe('/$a$b');
  });

  it('are not replaced in what a variable holds', () => {
    expect(parse('backends: []\ndata_dir: ${A}\n', { A: '/${B}' }).process.dataDir).toBe('/${B}');
  });
});

describe('warnings', () => {
  const warningsOf = (text: string) => {
    const result = parseConfig(text, 'f.yaml', {}, 1);
    return result.ok
      ? result.warnings.map(({ line, col, path, message }) => `${line}:${col} ${path} ${message}`)
      : null;
  };

  it('name a pool that no route leads to', () => {
    expect(warningsOf('pools:\n  a: {backends: []}\n  b: {backends: []}\nroutes: [{pool: a}]\n')).toEqual([
      '3:6 pools.b no route leads to this pool',
    ]);
  });

  it('name a trusted network that is everything', () => {
    expect(warningsOf('backends: []\ntrusted_proxies: [0.0.0.0/0]\n')).toEqual([
      '2:19 trusted_proxies.0 every client may claim any address',
    ]);
  });

  it('name a pool whose weights are all 0', () => {
    expect(warningsOf('backends: [{id: a, url: "http://a", weight: 0}]\n')).toEqual([
      '1:11 backends every weight is 0: no backend takes new traffic',
    ]);
  });

  it('name weights that differ, where they do not count', () => {
    const text = (algorithm: string, ...weights: number[]) =>
      `algorithm: ${algorithm}\nbackends:\n${weights.map((weight, i) => `  - {id: b${i}, url: "http://b${i}", weight: ${weight}}\n`).join('')}`;
    expect(warningsOf(text('round-robin', 0, 1, 2, 3))).toEqual([
      '5:40 backends.2.weight weights do not count with round-robin, which gives every backend the same share; with weighted-round-robin they do',
    ]);
    for (const equal of [text('round-robin', 0, 2, 2), text('round-robin', 0), text('random', 1, 2)]) {
      expect(warningsOf(equal)?.filter((line) => line.includes('round-robin'))).toEqual([]);
    }
  });

  it('name a connection limit below the number of workers', () => {
    const text = (limit: number) =>
      `workers: 4\nmax_connections: ${limit}\nbackends: [{id: a, url: "http://a", max_connections: 3}]\n`;
    const ofBackend =
      '3:54 backends.0.max_connections the limit is 4 in effect, because each of the 4 workers gets at least 1';
    expect(warningsOf(text(4))).toEqual([ofBackend]);
    expect(warningsOf(text(2))).toEqual([
      '2:18 max_connections the limit is 4 in effect, because each of the 4 workers gets at least 1',
      ofBackend,
    ]);
  });
});

describe('connection limits', () => {
  const poolOf = (text: string) => parse(text).document.pools[0]!;

  it('are none, and the queue has its defaults, where none are given', () => {
    const { settings, backends } = poolOf('backends: [{id: a, url: "http://a"}]\n');
    expect(settings).not.toHaveProperty('maxConnections');
    expect(settings.queue).toEqual({ maxPending: 128, timeoutMs: 5_000 });
    expect(backends[0]).not.toHaveProperty('maxConnections');
  });

  it('are read for the pool and for a backend', () => {
    const pool = poolOf('max_connections: 100\nbackends: [{id: a, url: "http://a", max_connections: 7}]\n');
    expect([pool.settings.maxConnections, pool.backends[0]?.maxConnections]).toEqual([100, 7]);
  });

  it('have a queue whose parts have defaults of their own', () => {
    expect(poolOf('queue: {max_pending: 0}\nbackends: []\n').settings.queue).toEqual({
      maxPending: 0,
      timeoutMs: 5_000,
    });
    expect(poolOf('queue: {timeout: 1s}\nbackends: []\n').settings.queue).toEqual({
      maxPending: 128,
      timeoutMs: 1_000,
    });
  });
});
