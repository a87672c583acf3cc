/** Words that several sentences about events share: actors, check results, reasons of breakers. */
import { FAILURE_REASONS, type FailureCause, type FailureReason } from '#shared/outcome.js';
import type { Actor } from './actor.js';
import type { BreakerEvidence, CheckResult, HealthEvidence, OutcomeBucket } from './evidence.js';
import type { WorkerId } from './worker-id.js';

/** How many results a sentence lists. Further ones are only counted. */
const LISTED_RESULTS = 5;

const REASON_WORDS: Readonly<Record<FailureReason, string>> = {
  connect: 'no connection',
  reset: 'connection reset',
  timeout: 'timeout',
  malformed: 'malformed response',
  status: 'status 500, 502, 503 or 504',
  body: 'response broken off',
};

/** For example `worker 1`, or `worker 1 of lb-2` if the worker is not on `host`. */
export function workerWords(worker: WorkerId, host: string): string {
  const isNamed = worker.host !== '' && worker.host !== host;
  return `worker ${worker.n}${isNamed ? ` of ${worker.host}` : ''}`;
}

/** For example `alice (the API)` or `tidegate.yaml (the file)`. */
export function actorWords(actor: Actor): string {
  const kind = actor.kind === 'api' ? 'the API' : actor.kind === 'file' ? 'the file' : `the ${actor.kind}`;
  return actor.name === undefined ? kind : `${actor.name} (${kind})`;
}

export function healthWords(evidence: HealthEvidence, passed: boolean): string {
  if (evidence.kind === 'check-removed') return 'the health check was taken out of the settings';
  const { results, threshold } = evidence;
  const listed = results.slice(-LISTED_RESULTS).map(checkWords).join(', ');
  const earlier = results.length > LISTED_RESULTS ? '… ' : '';
  const run = results.length === 1 ? '1 check' : `${results.length} checks in a row`;
  return `${run} ${passed ? 'passed' : 'failed'} (threshold ${threshold}): ${earlier}${listed}`;
}

/** @param host the host on which the words are shown; workers of other hosts are named with their host */
export function breakerWords(evidence: BreakerEvidence, host: string): string {
  if (evidence.kind === 'trial-failed') {
    return `a trial by ${workerWords(evidence.worker, host)} failed${causeWords(evidence)}`;
  }
  const { buckets, successes, failures, failureThreshold, failureRatio } = evidence;
  const total = successes + failures;
  const reasons = reasonWords(buckets);
  const limits = `threshold ${failureThreshold}, ratio ${Math.round(failureRatio * 100)} %`;
  return `${failures} of ${count(total, 'attempt')} failed (${limits}): ${reasons}`;
}

/** For example `: connection reset` or `: status 503`. Empty if an older release did not record the cause. */
function causeWords({ reason, status }: Partial<FailureCause>): string {
  if (reason === undefined) return '';
  return `: ${reason === 'status' && status !== undefined ? `status ${status}` : REASON_WORDS[reason]}`;
}

export function reasonWords(buckets: readonly OutcomeBucket[]): string {
  const words: string[] = [];
  for (const reason of FAILURE_REASONS) {
    const failures = buckets.reduce((sum, bucket) => sum + (bucket.failures[reason] ?? 0), 0);
    if (failures > 0) words.push(`${failures} × ${REASON_WORDS[reason]}`);
  }
  return words.join(', ');
}

/** For example `200 after 12 ms at 10.0.0.7`, `body lacks "ok", after 3 ms` or `connection refused`. */
export function checkWords(result: CheckResult): string {
  const took = result.durationMs > 0 ? ` after ${Math.round(result.durationMs)} ms` : '';
  const after = result.address === undefined ? took : `${took} at ${result.address}`;
  if (result.unmet !== undefined) return after === '' ? result.unmet : `${result.unmet},${after}`;
  if (result.error !== undefined) {
    return result.status === undefined
      ? `${result.error}${after}`
      : `${result.status} (${result.error})${after}`;
  }
  return `${result.status ?? 'no response'}${after}`;
}

export function count(number: number, thing: string): string {
  if (number === 1) return `1 ${thing}`;
  return `${number} ${thing}${thing.endsWith('s') ? 'es' : 's'}`;
}
