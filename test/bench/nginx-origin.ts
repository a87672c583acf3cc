/**
 * nginx as the origin, where it is installed: it is cheaper than the origin in Node, so that more often the proxies
 * are the bottleneck and not what is around them (nginx as the proxy was busy for twice the share of the time). Same
 * answers, also for the loopback alone. It cannot echo WebSocket messages.
 */

import { nginxMain } from './nginx-main.js';

/** Bodies up to this size are part of the configuration; larger ones are files. */
const INLINE_BYTES = 1_024;

export interface NginxOrigin {
  readonly config: string;
  /** Files to write into the directory, by name: their size. */
  readonly bodies: ReadonlyMap<string, number>;
}

export function nginxOrigin(
  sizes: readonly number[],
  port: number,
  directory: string,
  root: boolean,
): NginxOrigin {
  const bodies = new Map<string, number>();
  const locations = [...new Set(sizes)].map((size) => {
    if (size <= INLINE_BYTES) return `    location = /bytes/${size} { return 200 "${'x'.repeat(size)}"; }`;
    bodies.set(`body-${size}`, size);
    return `    location = /bytes/${size} { alias ${directory}/body-${size}; }`;
  });
  const config = `
${nginxMain(directory, root)}
  default_type text/plain;
  sendfile on;
  open_file_cache max=16;
  keepalive_timeout 600s;
  keepalive_requests 100000000;
  geo $outside { default 1; 127.0.0.0/8 0; }
  server {
    listen 0.0.0.0:${port} backlog=2048;
    if ($outside) { return 444; }
${locations.join('\n')}
    location / { return 200 "ok"; }
  }
}
`;
  return { config, bodies };
}
