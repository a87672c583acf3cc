/** What commands say of the fleet: whether this host follows it, who leads, whose verdict something is, and what other hosts say. */
import type { EventDocument } from '../documents/event-documents.js';
import type { FleetDocument } from '../documents/fleet-documents.js';
import type { BackendDocument } from '../documents/pool-documents.js';
import type { StatusDocument } from '../documents/status-documents.js';
import { paint } from './output.js';
import { formatSpan, formatTime } from './times.js';

export function fleetLines({ fleet }: StatusDocument): readonly string[] {
  if (fleet === undefined) return [];
  const lines = [`fleet ${fleet.name}: ${[modeOf(fleet), ...hostsOf(fleet), heardOf(fleet)].join('  ·  ')}`];
  if (fleet.mode === 'autonomous') {
    lines.push(
      paint('yellow', 'traffic goes on by what this host knows; the fleet cannot be changed from it'),
    );
  }
  if (fleet.problem !== null) lines.push(paint('yellow', `this host cannot follow: ${fleet.problem}`));
  if (fleet.warning !== null) lines.push(paint('yellow', fleet.warning));
  return lines;
}

function modeOf({ mode, why, leads, leader, host }: FleetDocument): string {
  if (mode === 'autonomous') {
    return `${paint(['red', 'bold'], 'AUTONOMOUS')}: ${host} goes on by itself because ${why ?? 'it is alone'}`;
  }
  if (leads) return paint('green', `${host} leads`);
  return leader === null ? `${host} follows, no leader is known` : `${host} follows ${leader}`;
}

function hostsOf({ hosts, converged, position }: FleetDocument): readonly string[] {
  const event = `event ${position === null ? 'none' : position.seq}`;
  if (hosts === null) return [event];
  const live = `${hosts.live}/${hosts.total} hosts live`;
  return [
    hosts.live === hosts.total ? live : paint('yellow', live),
    converged === true ? `all workers on ${event}` : paint('yellow', `${event}, not yet on all workers`),
  ];
}

function heardOf({ heard_ms: heardMs }: FleetDocument): string {
  if (heardMs === null) return paint('yellow', 'Redis was never heard of');
  return `Redis heard of ${formatSpan(heardMs)} ago`;
}

/** What is to be done about a file that is not the one that the fleet goes by. */
export function fileLines({ file, file_standing: standing }: StatusDocument['config']): readonly string[] {
  if (standing === 'older') {
    return [
      paint(
        'yellow',
        `${file} is older than the configuration of the fleet and is not applied: tidegate reload --force applies it`,
      ),
    ];
  }
  return standing === 'not-applied'
    ? [paint('yellow', `${file} is not applied: tidegate reload applies it`)]
    : [];
}

/**
 * After the number of an event: where it stands in the log of the fleet, or the host whose verdict it is. The time there is told only
 * if it is another one, as for a host that was away.
 */
export function originOf({ at, fleet, host }: Pick<EventDocument, 'at' | 'fleet' | 'host'>): string {
  if (fleet === undefined) return host === undefined ? '' : `  ${host}`;
  const decidedAt = formatTime(fleet.at);
  return `  fleet #${fleet.seq}${decidedAt === formatTime(at) ? '' : ` at ${decidedAt}`}`;
}

/** What other hosts make of a backend, in a few words; empty where they make nothing else of it. */
export function elsewhereOf(others: BackendDocument['elsewhere']): string {
  return (others ?? []).map(({ host, availability }) => `on ${host}: ${availability}`).join(', ');
}
