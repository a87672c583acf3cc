/** HAProxy with one thread. It checks its backends, as Tidegate does. */
import type { Setup, Subject } from './subject.js';

function config({ scenario, backends, port, directory }: Setup): string {
  const cookie = (n: number): string => (scenario.sticky ? ` cookie b${n}` : '');
  return `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 60s
  timeout http-keep-alive 120s
  timeout tunnel 1h
  http-reuse always
frontend bench
  bind 127.0.0.1:${port} backlog 1024${scenario.tls ? ` ssl crt ${directory}/server.pem ssl-min-ver TLSv1.3` : ''}
  http-request set-header X-Forwarded-Proto ${scenario.tls ? 'https' : 'http'}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  option forwardfor
  default_backend origin
backend origin
  balance roundrobin
  ${scenario.sticky ? 'cookie session_id insert indirect httponly' : ''}
${backends.map((backend, n) => `  server b${n} ${backend} check inter 30s${cookie(n)}`).join('\n')}
`;
}

export const HAPROXY: Subject = {
  name: 'haproxy',
  program: 'haproxy',
  versionArgs: ['-v'],
  forks: false,
  takes: () => true,
  sticky: true,
  launch: (setup) => ({
    files: { 'haproxy.cfg': config(setup), 'server.pem': setup.certificate.pem },
    command: 'haproxy',
    args: ['-db', '-q', '-f', `${setup.directory}/haproxy.cfg`],
  }),
};
