import { wholeConfigOf } from '../../../support/whole-config.js';
import { defaultsOf } from '../../../../shared/settings/complete.js';
import { healthCheck } from '../../../../shared/settings/health-check.js';
import { breaker } from '../../../../shared/settings/pool.js';
import { parseConfig } from '../../../../control-plane/config/parse-config.js';

/** The form that users know. It must work as it stands. */
const FILE = `listen: { port: 8080, tls: { enabled: true, cert_file: cert.pem, key_file: key.pem } }
algorithm: round-robin            # weighted-round-robin | least-connections | random | (later) power-of-two | peak-ewma | consistent-hash
backends:
  - { id: backend1, url: "http://localhost:8081", weight: 1 }
  - { id: backend2, url: "http://localhost:8082", weight: 2 }
health_check: { interval: 30s, timeout: 5s, path: /health, failure_threshold: 3 }
circuit_breaker: { failure_threshold: 5, reset_timeout: 30s, half_open_limit: 3 }
sticky_session: { enabled: true, type: cookie, cookie_name: session_id, timeout: 1h }   # or type: ip
metrics: { prometheus: { enabled: true, path: /metrics } }
`;

describe('the configuration form that users know', () => {
  const result = parseConfig(FILE, '/etc/tidegate/tidegate.yaml', {}, 4);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { process, document } = wholeConfigOf(result);
  const pool = document.pools[0]!;

  it('is accepted, with a warning that its weights are of no effect', () => {
    expect(result.warnings).toMatchObject([
      { path: 'backends.1.weight', message: expect.stringMatching(/^weights do not count with round-robin/) },
    ]);
  });

  it('gives the listener with its certificate beside the file', () => {
    expect(process.listen).toEqual({
      host: '0.0.0.0',
      port: 8080,
      tls: { certFile: '/etc/tidegate/cert.pem', keyFile: '/etc/tidegate/key.pem' },
      h2: true,
    });
  });

  it('gives one pool named default with both backends, and routes everything to it', () => {
    expect(document.pools).toHaveLength(1);
    expect(pool.id).toBe('default');
    expect(pool.settings.algorithm).toBe('round-robin');
    expect(pool.backends).toEqual([
      { id: 'backend1', address: { protocol: 'http', host: 'localhost', port: 8081 }, weight: 1 },
      { id: 'backend2', address: { protocol: 'http', host: 'localhost', port: 8082 }, weight: 2 },
    ]);
    expect(document.routes).toEqual([{ host: null, pathPrefix: '/', pool: 'default' }]);
  });

  it('gives health check, breaker and sticky session, with defaults for what it leaves out', () => {
    expect(pool.settings.healthCheck).toEqual({
      ...defaultsOf(healthCheck),
      path: '/health',
      intervalMs: 30_000,
      timeoutMs: 5_000,
      failureThreshold: 3,
    });
    expect(pool.settings.breaker).toEqual({
      ...defaultsOf(breaker),
      failureThreshold: 5,
      resetTimeoutMs: 30_000,
      halfOpenLimit: 3,
    });
    expect(pool.settings.sticky).toEqual({
      type: 'cookie',
      cookieName: 'session_id',
      idleTimeoutMs: 3_600_000,
      absoluteTimeoutMs: 86_400_000,
    });
  });

  it('answers with metrics on the main listener', () => {
    expect(document.forwarding.metricsPath).toBe('/metrics');
  });
});
