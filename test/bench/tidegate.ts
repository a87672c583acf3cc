/** Tidegate as `serve` starts it with its defaults and one worker: health checks, breaker and metrics are on. */
import type { Setup, Subject } from './subject.js';

type Engine = 'native' | 'compat';

function config({ scenario, backends, port, directory, certificate }: Setup, engine: Engine): string {
  const { certFile, keyFile } = certificate;
  const tls = scenario.tls
    ? `, tls: { enabled: true, cert_file: "${certFile}", key_file: "${keyFile}" }`
    : '';
  return `listen: { host: 127.0.0.1, port: ${port}${tls} }
admin: { port: 0 }
workers: 1
engine: ${engine}
data_dir: ${directory}/data
log: { format: json }
backends:
${backends.map((backend, n) => `  - { id: backend${n}, url: "http://${backend}" }`).join('\n')}
health_check: { path: /health }
circuit_breaker: { failure_threshold: 5 }
${scenario.sticky ? 'sticky_session: { enabled: true, type: cookie, cookie_name: session_id }' : ''}
metrics: { prometheus: { enabled: true, path: /metrics } }
`;
}

/**
 * A worker that is asked for `native` and runs something else would be measured under a wrong name, and no answer of
 * its own tells which engine it runs. So the place where the engine is chosen is read: unless `native` plainly leads
 * to an engine of its own, there is no figure.
 */
export function lackingNative(dataPlane: string): string | null {
  const chosen = /case 'native':\s*return new (\w+)\(/.exec(dataPlane)?.[1];
  return chosen === undefined || chosen === 'CompatEngine' ? 'this build has no native engine' : null;
}

function subject(engine: Engine): Subject {
  return {
    name: `tidegate-${engine}`,
    program: null,
    versionArgs: [],
    forks: true,
    takes: () => true,
    sticky: true,
    hasTwin: true,
    lacking: (dataPlane) => (engine === 'native' ? lackingNative(dataPlane) : null),
    launch: (setup) => ({
      files: { 'tidegate.yaml': config(setup, engine) },
      command: setup.node,
      args: [
        `${setup.checkout}/dist/control-plane/cli/tidegate.js`,
        'serve',
        '-c',
        `${setup.directory}/tidegate.yaml`,
      ],
    }),
  };
}

export const TIDEGATE_NATIVE = subject('native');
export const TIDEGATE_COMPAT = subject('compat');
