/** Caddy, held to one processor. Measured only where it is installed. */
import type { Setup, Subject } from './subject.js';

function config({ scenario, backends, port, certificate }: Setup): string {
  const scheme = scenario.tls ? 'https' : 'http';
  return `{
  admin off
  auto_https off
  persist_config off
}
${scheme}://:${port} {
  bind 127.0.0.1
  ${scenario.tls ? `tls ${certificate.certFile} ${certificate.keyFile}` : ''}
  reverse_proxy ${backends.join(' ')} {
    lb_policy round_robin
    transport http {
      keepalive_idle_conns ${Math.max(64, backends.length * 2)}
      keepalive_idle_conns_per_host 64
    }
  }
}
`;
}

export const CADDY: Subject = {
  name: 'caddy',
  program: 'caddy',
  versionArgs: ['version'],
  forks: false,
  takes: (scenario) => !scenario.sticky,
  sticky: false,
  launch: (setup) => ({
    files: { Caddyfile: config(setup) },
    command: 'caddy',
    args: ['run', '--config', `${setup.directory}/Caddyfile`, '--adapter', 'caddyfile'],
    env: { GOMAXPROCS: '1', HOME: setup.directory, XDG_DATA_HOME: setup.directory },
  }),
};
