/** nginx, once as it comes and once with buffers that hold the whole body. */
import { nginxMain } from './nginx-main.js';
import type { Launch, Setup, Subject } from './subject.js';

const ENDLESS = 100_000_000;

/** The documented way to proxy with kept-alive upstream connections, and the fields that Tidegate adds as well. */
function config({ scenario, backends, port, directory, certificate, root }: Setup, fitted: boolean): string {
  const upgrade = scenario.mode === 'websocket';
  // One idle connection for each backend at least, else 1,000 backends would mean a new connection per request.
  const keepAlive = Math.max(64, backends.length * 2);
  const body = Math.max(65_536, scenario.responseBytes);
  return `
${nginxMain(directory, root)}
  keepalive_timeout 120s;
  keepalive_requests ${ENDLESS};
  upstream origin {
${backends.map((backend) => `    server ${backend};`).join('\n')}
    keepalive ${keepAlive};
    keepalive_requests ${ENDLESS};
  }
  server {
    listen 127.0.0.1:${port}${scenario.tls ? ' ssl' : ''} backlog=1024;
    ${scenario.tls ? `ssl_certificate ${certificate.certFile}; ssl_certificate_key ${certificate.keyFile};` : ''}
    ${scenario.tls ? 'ssl_protocols TLSv1.3;' : ''}
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Connection ${upgrade ? 'upgrade' : '""'};
      ${upgrade ? 'proxy_set_header Upgrade $http_upgrade;' : ''}
      ${fitted ? `client_body_buffer_size ${2 * scenario.requestBytes + 16_384}; proxy_buffer_size 16k; proxy_buffers 8 ${body / 4}; proxy_busy_buffers_size ${body};` : ''}
    }
  }
}
`;
}

function launch(setup: Setup, fitted: boolean): Launch {
  const file = `${setup.directory}/nginx.conf`;
  return {
    files: { 'nginx.conf': config(setup, fitted) },
    command: 'nginx',
    args: ['-c', file, '-p', setup.directory, '-e', 'stderr'],
  };
}

export const NGINX: Subject = {
  name: 'nginx',
  program: 'nginx',
  versionArgs: ['-v'],
  forks: true,
  takes: () => true,
  sticky: false,
  launch: (setup) => launch(setup, false),
};

export const NGINX_FITTED: Subject = {
  ...NGINX,
  name: 'nginx-fitted',
  takes: (scenario) => scenario.fitted,
  launch: (setup) => launch(setup, true),
};
