/**
 * How workers share the listening port. With `reuse-port` each worker has a queue of its own: even spread, and the next
 * primary can bind beside the last one's workers; but a dying worker takes its queue along unless the kernel migrates
 * it (`net.ipv4.tcp_migrate_req`, Linux 5.14). With a shared handle none is lost. Measured in both ways on 60 connections.
 */
import { readFileSync } from 'node:fs';
import type { AcceptMode } from '../config/process-settings.js';

export type Accept = 'reuse-port' | 'shared' | 'round-robin';

const MIGRATE_SYSCTL = '/proc/sys/net/ipv4/tcp_migrate_req';

/** Decides for a listener. Port 0 is always shared: with `reuse-port` every worker would be given another port. */
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

/** Whether this kernel hands the queued connections of a closed listener to its siblings. */
export function kernelMigratesConnections(): boolean {
  try {
    return readFileSync(MIGRATE_SYSCTL, 'utf8').trim() === '1';
  } catch {
    return false; // Not Linux, or an older one.
  }
}
