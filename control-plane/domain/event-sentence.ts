/**
 * Describes each event in one English sentence, and its evidence line by line. `why.ts` combines events into the explanation
 * of a backend.
 */
import { backendSettings } from '#shared/settings/backend.js';
import { urlOf } from '#shared/address-text.js';
import { pool as poolSettings } from '#shared/settings/pool.js';
import {
  actorWords,
  breakerWords,
  checkWords,
  count,
  healthWords,
  reasonWords,
  workerWords,
} from './event-words.js';
import type { EventOf, EventType, TidegateEvent } from './events.js';
import type { CheckResult, OutcomeBucket } from './evidence.js';
import { isoTime } from './iso-time.js';
import { resolvedSentence } from './resolved.js';
import { settingsChange } from './settings-change.js';

/** The name of the backend or pool that an event concerns; `null` if the sentence needs none. */
function subjectOf({ pool, backend }: TidegateEvent): string | null {
  if (pool === undefined) return null;
  return backend === undefined ? `pool ${pool}` : `${pool}/${backend}`;
}

/** The sentence of an event, preceded by the name of its backend or pool. */
export function namedSentenceOf(event: TidegateEvent, host: string): string {
  const subject = subjectOf(event);
  return subject === null ? sentenceOf(event, host) : `${subject} ${sentenceOf(event, host)}`;
}

/**
 * The sentence of an event, without time, full stop and the name of its backend or pool.
 * @param host the host on which the sentence is shown; workers of other hosts are named with their host
 */
export function sentenceOf<T extends EventType>(event: EventOf<T>, host: string): string {
  return SENTENCES[event.type](event, host);
}

const SENTENCES: { readonly [T in EventType]: (event: EventOf<T>, host: string) => string } = {
  PrimaryStarted: ({ data }) => `Tidegate ${data.version} started (pid ${data.pid})`,
  PrimaryStopped: ({ data }) => `Tidegate stopped: ${data.reason}`,
  WorkerStarted: ({ data }, host) => `${workerWords(data.worker, host)} started (pid ${data.pid})`,
  WorkerReady: ({ data }, host) => `${workerWords(data.worker, host)} forwards`,
  WorkerExited: ({ data: { worker, pid, reason, expected } }, host) =>
    `${workerWords(worker, host)} (pid ${pid}) ${expected ? 'ended' : 'died'}: ${reason}`,
  CertificateLoaded: ({ data: { subject, certFile, notAfter } }) =>
    `certificate ${subject} from ${certFile} is in use, valid until ${isoTime(notAfter)}`,
  CertificateRejected: ({ data }) =>
    `certificate ${data.certFile} was refused, the one before stays in use: ${data.problem}`,
  EventsLost: ({ at, data: { first, last, since, reason } }) =>
    reason === 'file'
      ? `the event log was made anew with the present state, without events ${first} to ${last}: its file was deleted or replaced`
      : `events ${first} to ${last} were not kept: nothing could be stored since ${isoTime(since ?? at)}, for longer than memory holds`,
  LeaderElected: ({ data }) => `host ${data.host} leads the fleet (Tidegate ${data.version})`,
  FleetFounded: ({ data }) => `the fleet was founded by host ${data.host}`,
  HistoryLost: ({ data: { host, from, to } }) =>
    `Redis lost the events after ${from}: host ${host} put back the state as it was after event ${to}`,
  HostJoined: ({ data }) => `host ${data.host} joined the fleet (Tidegate ${data.version})`,
  HostLeft: ({ data: { host, reason } }) =>
    reason === 'left'
      ? `host ${host} left the fleet`
      : `host ${host} is silent and was taken out of the fleet`,
  HostWasAutonomous: ({ data: { host, from, to } }) =>
    `host ${host} went on by itself from ${isoTime(from)} to ${isoTime(to)}`,
  FleetLeft: () => 'this host decides alone: its configuration names no fleet any more',
  HostWorkerExited: ({ data: { host, n, pid, happenedAt, reason, silentUntil } }, teller) =>
    `${workerWords({ host, n }, teller)} (pid ${pid}) died at ${isoTime(happenedAt)}: ${reason}${silenceWords(silentUntil)}`,
  HostWorkerReady: ({ data: { host, n, pid, happenedAt, silentUntil } }, teller) =>
    `${workerWords({ host, n }, teller)} (pid ${pid}) forwards since ${isoTime(happenedAt)}, in place of one that died${silenceWords(silentUntil)}`,
  HostIncidentsUntold: ({ data }) =>
    `${data.count} more ${data.count === 1 ? 'incident' : 'incidents'} of workers of host ${data.host} came too fast to be told one by one${silenceWords(data.silentUntil)}`,
  FleetAdopted: ({ data }) =>
    `the configuration of the fleet was taken over as it was after its event ${data.fleet.standing.seq}`,
  ConfigApplied: ({ data: { file } }) => `configuration ${file} was applied`,
  ConfigRejected: ({ data: { file, problems } }) => {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    return `configuration ${file} was refused, the former configuration stays in force: ${problems[0] ?? 'it is not valid'}${more}`;
  },
  ForwardingChanged: ({ actor }) => `settings of forwarding were changed by ${actorWords(actor)}`,
  RoutesChanged: ({ actor }) => `routes were changed by ${actorWords(actor)}`,
  PoolAdded: ({ actor }) => `was added by ${actorWords(actor)}`,
  PoolRemoved: ({ actor }) => `was removed by ${actorWords(actor)}`,
  PoolSettingsChanged: ({ actor, data: { previous, settings } }) =>
    `had its settings changed by ${actorWords(actor)}: ${settingsChange(poolSettings, previous, settings)}`,
  SessionsFlushed: ({ actor }) => `had its sessions ended by ${actorWords(actor)}`,
  PanicEntered: ({ data: { ready, ejected, maxEjectionPercent } }) =>
    `entered panic: breakers took out ${ejected} of ${ready} ready backends (limit ${maxEjectionPercent} %)`,
  PanicLeft: ({ data: { ready, ejected } }) =>
    `left panic: breakers take out ${ejected} of ${ready} ready backends`,
  BackendAdded: ({ actor, data: { definition, health } }) => {
    const { address, weight, maxConnections } = definition;
    const limit = maxConnections === undefined ? '' : ` and at most ${maxConnections} connections`;
    return `was added by ${actorWords(actor)} at ${urlOf(address)} with weight ${weight}${limit}, ${health}`;
  },
  BackendRemoved: ({ actor }) => `was removed by ${actorWords(actor)}`,
  BackendOriginChanged: ({ actor, data }) =>
    `${data.origin === 'file' ? 'became part of' : 'left'} the file, by ${actorWords(actor)}`,
  BackendSettingsChanged: ({ actor, data: { from, to } }) =>
    `was changed by ${actorWords(actor)}: ${settingsChange<unknown>(backendSettings, from, to)}`,
  AdminStateChanged: ({ actor, data }) => `was set from ${data.from} to ${data.to} by ${actorWords(actor)}`,
  BackendResolved: resolvedSentence,
  BackendBecameHealthy: ({ data }) => `became healthy: ${healthWords(data.evidence, true)}`,
  BackendBecameUnhealthy: ({ data }) => `became unhealthy: ${healthWords(data.evidence, false)}`,
  BreakerOpened: ({ data: { openings, until, evidence } }, host) =>
    `breaker opened${inARow(openings)} until ${isoTime(until)}: ${breakerWords(evidence, host)}`,
  BreakerHalfOpened: ({ data }) =>
    `breaker half-opened, letting up to ${count(data.limit, 'trial')} run at once`,
  BreakerClosed: ({ data }) =>
    data.cause === 'trials'
      ? `breaker closed after ${count(data.successes, 'successful trial')}`
      : 'breaker closed because it was taken out of the settings',
};

/** Says that more may happen than is told; empty where all is told. */
function silenceWords(until: number | undefined): string {
  return until === undefined ? '' : ` (nothing more is told of workers there until ${isoTime(until)})`;
}

function inARow(openings: number): string {
  return openings > 1 ? ` for the ${openings}${ordinalEnding(openings)} time in a row` : '';
}

function ordinalEnding(number: number): string {
  const tens = number % 100;
  if (tens >= 11 && tens <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th';
}

/** The evidence of an event, one line per check result or second. Empty if the event carries none. */
export function evidenceLines(event: TidegateEvent): readonly string[] {
  if (event.type === 'BackendBecameHealthy' || event.type === 'BackendBecameUnhealthy') {
    const { evidence } = event.data;
    if (evidence.kind === 'check-removed') return [];
    return evidence.results.map(
      (result) => `${isoTime(result.at)} ${verdict(result)}: ${checkWords(result)}`,
    );
  }
  if (event.type !== 'BreakerOpened') return [];
  const { evidence } = event.data;
  return evidence.kind === 'window' ? evidence.buckets.map(bucketLine) : [];
}

function bucketLine(bucket: OutcomeBucket): string {
  const failures = reasonWords([bucket]);
  const failed = failures === '' ? '' : `, ${failures}`;
  return `${isoTime(bucket.second * 1_000)} ${count(bucket.successes, 'success')}${failed}`;
}

function verdict(result: CheckResult): string {
  return result.passed ? 'passed' : 'failed';
}
