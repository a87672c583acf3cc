/**
 * Each event as one plain English sentence, with its evidence line by line. Words only; what the events mean for a
 * backend is put together in `why.ts`.
 */
import { FAILURE_REASONS, type FailureCause, type FailureReason } from '#shared/outcome.js';
import type { CheckResult } from './commands.js';
import type { BreakerEvidence, HealthEvidence, OutcomeBucket, TidegateEvent } from './events.js';
import { isoTime } from './iso-time.js';
import { actorWords, processSentence } from './process-sentence.js';
import { resolvedSentence } from './resolved.js';
import { settingsChange } from './settings-change.js';

/** Results listed within a sentence; the rest are counted. */
const LISTED_RESULTS = 5;

const REASON_WORDS: Readonly<Record<FailureReason, string>> = {
  connect: 'no connection',
  reset: 'connection reset',
  timeout: 'timeout',
  malformed: 'malformed response',
  status: 'status 500, 502, 503 or 504',
  body: 'response broken off',
};

/** What an event is about, as the log names it; `null`: its sentence is whole without. */
export function subjectOf({ pool, backend }: TidegateEvent): string | null {
  if (pool === undefined) return null;
  return backend === undefined ? `pool ${pool}` : `${pool}/${backend}`;
}

/** The sentence of an event with the name of what it is about. */
export function namedSentenceOf(event: TidegateEvent): string {
  const subject = subjectOf(event);
  return subject === null ? sentenceOf(event) : `${subject} ${sentenceOf(event)}`;
}

/** The sentence of an event, without time and without a full stop. That of a backend or a pool leaves out its name. */
export function sentenceOf(event: TidegateEvent): string {
  switch (event.type) {
    case 'BackendAdded':
    case 'BackendRemoved':
    case 'BackendOriginChanged':
    case 'WeightChanged':
    case 'MaxConnectionsChanged':
    case 'AdminStateChanged':
      return operatorSentence(event);
    case 'BackendResolved':
      return resolvedSentence(event);
    case 'BackendBecameHealthy':
      return `became healthy: ${healthWords(event.data.evidence, true)}`;
    case 'BackendBecameUnhealthy':
      return `became unhealthy: ${healthWords(event.data.evidence, false)}`;
    case 'BreakerOpened':
      return `breaker opened${inARow(event.data.openings)} until ${isoTime(event.data.until)}: ${breakerWords(event.data.evidence)}`;
    case 'BreakerHalfOpened':
      return `breaker half-opened, letting up to ${count(event.data.limit, 'trial')} run at once`;
    case 'BreakerClosed':
      return event.data.cause === 'trials'
        ? `breaker closed after ${count(event.data.successes, 'successful trial')}`
        : 'breaker closed because it was taken out of the settings';
    case 'PoolAdded':
    case 'PoolRemoved':
    case 'PoolSettingsChanged':
    case 'PanicEntered':
    case 'PanicLeft':
      return poolSentence(event);
    case 'PrimaryStarted':
    case 'PrimaryStopped':
    case 'ConfigApplied':
    case 'ConfigRejected':
    case 'ForwardingChanged':
    case 'RoutesChanged':
    case 'WorkerStarted':
    case 'WorkerReady':
    case 'WorkerExited':
    case 'CertificateLoaded':
    case 'CertificateRejected':
    case 'EventsLost':
      return processSentence(event);
  }
}

function inARow(openings: number): string {
  return openings > 1 ? ` for the ${openings}${ordinalEnding(openings)} time in a row` : '';
}

function ordinalEnding(number: number): string {
  const tens = number % 100;
  if (tens >= 11 && tens <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th';
}

type OperatorEvent = Extract<
  TidegateEvent,
  {
    type:
      | 'BackendAdded'
      | 'BackendRemoved'
      | 'BackendOriginChanged'
      | 'WeightChanged'
      | 'MaxConnectionsChanged'
      | 'AdminStateChanged';
  }
>;

function operatorSentence(event: OperatorEvent): string {
  const by = actorWords(event.actor);
  switch (event.type) {
    case 'BackendAdded': {
      const { address, weight, maxConnections } = event.data.definition;
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      const where = `${address.protocol}://${host}:${address.port}`;
      const limit = maxConnections === undefined ? '' : ` and at most ${maxConnections} connections`;
      return `was added by ${by} at ${where} with weight ${weight}${limit}, ${event.data.health}`;
    }
    case 'BackendRemoved':
      return `was removed by ${by}`;
    case 'BackendOriginChanged':
      return event.data.origin === 'file' ? `became part of the file, by ${by}` : `left the file, by ${by}`;
    case 'WeightChanged':
      return `weight changed from ${event.data.from} to ${event.data.to} by ${by}`;
    case 'MaxConnectionsChanged':
      return `connection limit changed from ${limitWords(event.data.from)} to ${limitWords(event.data.to)} by ${by}`;
    case 'AdminStateChanged':
      return `was set from ${event.data.from} to ${event.data.to} by ${by}`;
  }
}

function limitWords(limit: number | null): string {
  return limit === null ? 'that of its pool' : String(limit);
}

type PoolEvent = Extract<
  TidegateEvent,
  { type: 'PoolAdded' | 'PoolRemoved' | 'PoolSettingsChanged' | 'PanicEntered' | 'PanicLeft' }
>;

function poolSentence(event: PoolEvent): string {
  const by = actorWords(event.actor);
  switch (event.type) {
    case 'PoolAdded':
      return `was added by ${by}`;
    case 'PoolRemoved':
      return `was removed by ${by}`;
    case 'PoolSettingsChanged':
      return `had its settings changed by ${by}: ${settingsChange(event.data.previous, event.data.settings)}`;
    case 'PanicEntered': {
      const { ready, ejected, maxEjectionPercent } = event.data;
      return `entered panic: breakers took out ${ejected} of ${ready} ready backends (limit ${maxEjectionPercent} %)`;
    }
    case 'PanicLeft':
      return `left panic: breakers take out ${event.data.ejected} of ${event.data.ready} ready backends`;
  }
}

/** The evidence of an event, one line per result or second; empty for events that carry none. */
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

export function healthWords(evidence: HealthEvidence, passed: boolean): string {
  if (evidence.kind === 'check-removed') return 'the health check was taken out of the settings';
  const { results, threshold } = evidence;
  const listed = results.slice(-LISTED_RESULTS).map(checkWords).join(', ');
  const earlier = results.length > LISTED_RESULTS ? '… ' : '';
  const run = results.length === 1 ? '1 check' : `${results.length} checks in a row`;
  return `${run} ${passed ? 'passed' : 'failed'} (threshold ${threshold}): ${earlier}${listed}`;
}

export function breakerWords(evidence: BreakerEvidence): string {
  if (evidence.kind === 'trial-failed') {
    return `a trial by worker ${evidence.worker} failed${causeWords(evidence)}`;
  }
  const { buckets, successes, failures, failureThreshold, failureRatio } = evidence;
  const total = successes + failures;
  const reasons = reasonWords(buckets);
  const limits = `threshold ${failureThreshold}, ratio ${Math.round(failureRatio * 100)} %`;
  return `${failures} of ${count(total, 'attempt')} failed (${limits}): ${reasons}`;
}

/** Such as `: connection reset` or `: status 503`; nothing where an older release has not told it. */
function causeWords({ reason, status }: Partial<FailureCause>): string {
  if (reason === undefined) return '';
  return `: ${reason === 'status' && status !== undefined ? `status ${status}` : REASON_WORDS[reason]}`;
}

function reasonWords(buckets: readonly OutcomeBucket[]): string {
  const words: string[] = [];
  for (const reason of FAILURE_REASONS) {
    const failures = buckets.reduce((sum, bucket) => sum + (bucket.failures[reason] ?? 0), 0);
    if (failures > 0) words.push(`${failures} × ${REASON_WORDS[reason]}`);
  }
  return words.join(', ');
}

function bucketLine(bucket: OutcomeBucket): string {
  const failures = reasonWords([bucket]);
  const failed = failures === '' ? '' : `, ${failures}`;
  return `${isoTime(bucket.second * 1_000)} ${count(bucket.successes, 'success')}${failed}`;
}

function verdict(result: CheckResult): string {
  return result.passed ? 'passed' : 'failed';
}

/** Such as `503 after 12 ms at 10.0.0.7` or `connection refused`. */
function checkWords(result: CheckResult): string {
  const took = result.durationMs > 0 ? ` after ${Math.round(result.durationMs)} ms` : '';
  const after = result.address === undefined ? took : `${took} at ${result.address}`;
  if (result.error !== undefined) {
    return result.status === undefined
      ? `${result.error}${after}`
      : `${result.status} (${result.error})${after}`;
  }
  return `${result.status ?? 'no response'}${after}`;
}

function count(number: number, thing: string): string {
  if (number === 1) return `1 ${thing}`;
  return `${number} ${thing}${thing.endsWith('s') ? 'es' : 's'}`;
}
