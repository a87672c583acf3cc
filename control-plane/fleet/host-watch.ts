/**
 * What a leader makes of the reports of hosts: which of them joined, left or fell silent, which went on by themselves for a time, and
 * what happened to their workers.
 * Pure; `fleet-node.ts` reads the reports and submits the commands.
 */
import type { CommandDraft } from '../domain/commands.js';
import type { FleetHost } from '../domain/fleet-standing.js';
import type { FleetTimes } from './fleet-times.js';
import type { HostEntry } from './fleet-store.js';
import { type HostReport, readReport } from './host-report.js';

/** A host as its last beat shows it. */
export interface SeenHost {
  readonly host: string;
  readonly incarnation: string;
  readonly heardAgoMs: number;
  /** `null`: it cannot be read by this release. */
  readonly report: HostReport | null;
}

/** A name is as long as a host name may be (RFC 1035), a process is named by a UUID. */
const MAX_NAME_LENGTH = 255;

/** Without those whose names no host has: they become events. */
export function seenHosts(entries: readonly HostEntry[], now: number): readonly SeenHost[] {
  return entries.filter(hasNames).map(({ host, incarnation, heardAt, beat }) => {
    const report = readReport(beat);
    return { host, incarnation, heardAgoMs: now - heardAt, report: report.ok ? report.value : null };
  });
}

function hasNames({ host, incarnation }: HostEntry): boolean {
  return [host, incarnation].every((name) => name !== '' && name.length <= MAX_NAME_LENGTH);
}

export interface HostNews {
  readonly commands: readonly CommandDraft[];
  /** Hosts whose reports are to be forgotten. */
  readonly silent: readonly SeenHost[];
}

/** @param known hosts that the fleet's log has; `self`: the leader, in whose name it is told */
export function hostNews(
  seen: readonly SeenHost[],
  known: readonly FleetHost[],
  { times, self }: { readonly times: FleetTimes; readonly self: string },
): HostNews {
  const actor = { kind: 'primary', name: self } as const;
  const commands: CommandDraft[] = [];
  const isSilent = ({ heardAgoMs }: SeenHost): boolean => heardAgoMs >= times.forgetHostMs;
  // A host of an earlier build could not read the events, and would go on by itself.
  const allRead = seen.every((one) => isSilent(one) || one.report?.incidents !== undefined);
  for (const { host, incarnation, report, ...rest } of seen) {
    if (report === null || isSilent({ host, incarnation, report, ...rest })) continue;
    const member = known.find((one) => one.host === host);
    if (member?.incarnation !== incarnation) {
      commands.push({ type: 'RecordHostJoined', host, incarnation, version: report.version, actor });
    }
    if (report.wasAutonomous !== null && report.mode === 'following') {
      commands.push({ type: 'RecordAutonomy', host, ...report.wasAutonomous, actor });
    }
    const { incidents = [] } = report;
    if (allRead && incidents.length > 0) {
      commands.push({ type: 'RecordIncidents', host, incarnation, incidents, actor });
    }
  }
  const silent = seen.filter(isSilent);
  for (const { host } of known) {
    const entry = seen.find((one) => one.host === host);
    if (entry !== undefined && !isSilent(entry)) continue;
    commands.push({
      type: 'RecordHostLeft',
      host,
      reason: entry === undefined ? 'left' : 'silent',
      actor,
    });
  }
  return { commands, silent };
}
