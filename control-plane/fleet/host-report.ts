/**
 * What each host tells of itself with every beat, as text and back. It is state, not news: each beat replaces the one before, so
 * nothing is lost, repeated or out of order to any harm. Hosts read each other's as untrusted.
 */
import { count } from '#shared/shape-settings.js';
import { flag, list, nullable, object, oneOf, text, type TypeOf } from '#shared/shape.js';
import { time } from '../domain/stored-shapes.js';
import { MAX_TOLD_INCIDENTS, workerIncident } from '../domain/worker-incident.js';
import type { Readable } from './fleet-codec.js';
import { MAX_OUT, outBackend } from './out-backends.js';
import { readText } from './read-text.js';

/** Workers of a host that are told: enough for any machine, and few enough for one beat. */
const MAX_WORKERS = 256;
const MAX_TEXT = 256;
/** Characters of a beat. One with all that a host may tell has about half as many. */
export const MAX_REPORT_LENGTH = 131_072;

const short = text(MAX_TEXT);
const position = object({ epoch: count, seq: count });

const reportedWorker = object({
  n: count,
  pid: nullable(count),
  phase: short,
  /** The number in the fleet's log that its routes are of; `null`: it has none yet. */
  appliedSeq: nullable(count),
});

const report = object(
  {
    version: short,
    /** Whether it may lead. */
    candidate: flag,
    mode: oneOf('following', 'autonomous'),
    /** Where it stands in the fleet's log; `null`: nowhere. */
    position: nullable(position),
    /** Its last event, if it knows more than the log does. */
    ahead: nullable(object({ at: time, seq: count })),
    /** When it went on by itself last, by the fleet's clock; until the fleet's log tells of it. */
    wasAutonomous: nullable(object({ from: time, to: time })),
    /** Why it cannot follow, in one sentence. */
    problem: nullable(short),
    workers: list(reportedWorker, MAX_WORKERS),
  },
  {
    /** Backends that it does not use by its own verdict, the worst first, and how many there are in all. */
    out: list(outBackend, MAX_OUT),
    outTotal: count,
    /**
     * What happened to its workers and is not in the fleet's log yet, the newest, oldest first. Absent: its release cannot read
     * events about workers of hosts.
     */
    incidents: list(workerIncident, MAX_TOLD_INCIDENTS),
  },
);

export interface HostReport extends TypeOf<typeof report> {}
export interface ReportedWorker extends TypeOf<typeof reportedWorker> {}

export function reportText(told: HostReport): string {
  const { problem, workers } = told;
  return JSON.stringify({
    ...told,
    problem: problem?.slice(0, MAX_TEXT) ?? null,
    workers: workers.slice(0, MAX_WORKERS),
  });
}

export function readReport(told: string): Readable<HostReport> {
  return readText(report, told, { name: 'report', maxLength: MAX_REPORT_LENGTH });
}
