/**
 * Chooses how workers share the listening port. With `reuse-port` each worker has its own queue of connections: the kernel
 * spreads connections evenly, and the next primary can bind while workers of the last one still listen. But when a worker
 * dies, its queued connections are lost unless the kernel migrates them (`net.ipv4.tcp_migrate_req`, Linux 5.14). With a
 * shared socket no connection is lost. Both were measured with 60 connections.
 */
import { readFileSync } from 'node:fs';
import type { AcceptMode } from '../config/process-settings.js';

export type Accept = 'reuse-port' | 'shared' | 'round-robin';

const MIGRATE_SYSCTL = '/proc/sys/net/ipv4/tcp_migrate_req';

/**
 * Chooses the mode of a listener. Port 0 is always shared, because with `reuse-port` the system would give every worker
 * another port.
 */
export function chooseAccept(mode: AcceptMode, port: number, kernelMigrates: boolean): Accept {
  switch (mode) {
    case 'auto':
      return kernelMigrates && port !== 0 ? 'reuse-port' : 'shared';
    case 'reuse-port':
      return port === 0 ? 'shared' : 'reuse-port';
    case 'shared':
    case 'round-robin':
      return mode;
  }
}

/** Whether this kernel moves the queued connections of a closed listener to other listeners on the same port. */
export function kernelMigratesConnections(): boolean {
  try {
    return readFileSync(MIGRATE_SYSCTL, 'utf8').trim() === '1';
  } catch {
    return false; // Not Linux, or a Linux before 5.14.
  }
}
