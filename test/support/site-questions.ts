/**
 * What people ask a Prometheus about the requests of a site, or of all, with the right answers: those of the clients that
 * made the requests.
 */
import type { PrometheusServer } from './prometheus-server.js';

/** What clients have counted. */
export interface Count {
  readonly site: string;
  readonly pool: string;
  readonly requests: number;
  /** Those answered with a status of 5xx. */
  readonly failures: number;
}

/** Writes a selector: of all pools unless one is named. */
type Select = (series: string, pool?: string) => string;

interface Question {
  readonly ask: (select: Select) => string;
  readonly answer: (counts: readonly Count[]) => number;
}

const REQUESTS = 'pool:tidegate_requests_total:sum';
const FAILURES = 'pool:tidegate_failures_total:sum';

/** How often a total has gone down within the last hour. */
export const FALLS = `sum(resets(${REQUESTS}[1h])) + sum(resets(${FAILURES}[1h]))`;

type Counted = 'requests' | 'failures';

function sum(counts: readonly Count[], what: Counted, pool?: string): number {
  return counts
    .filter((count) => pool === undefined || count.pool === pool)
    .reduce((total, count) => total + count[what], 0);
}

function perPool(counts: readonly Count[], what: Counted): readonly number[] {
  return [...new Set(counts.map(({ pool }) => pool))].map((pool) => sum(counts, what, pool));
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  requests: { ask: (of) => `sum(${of(REQUESTS)})`, answer: (counts) => sum(counts, 'requests') },
  failures: { ask: (of) => `sum(${of(FAILURES)})`, answer: (counts) => sum(counts, 'failures') },
  'requests of web': {
    ask: (of) => `sum(${of(REQUESTS, 'web')})`,
    answer: (counts) => sum(counts, 'requests', 'web'),
  },
  'failures of web': {
    ask: (of) => `sum(${of(FAILURES, 'web')})`,
    answer: (counts) => sum(counts, 'failures', 'web'),
  },
  'requests of api': {
    ask: (of) => `sum(${of(REQUESTS, 'api')})`,
    answer: (counts) => sum(counts, 'requests', 'api'),
  },
  'failures of api': {
    ask: (of) => `sum(${of(FAILURES, 'api')})`,
    answer: (counts) => sum(counts, 'failures', 'api'),
  },
  'requests that did not fail': {
    ask: (of) => `sum(${of(REQUESTS)}) - sum(${of(FAILURES)})`,
    answer: (counts) => sum(counts, 'requests') - sum(counts, 'failures'),
  },
  'share of failures': {
    ask: (of) => `sum(${of(FAILURES)}) / sum(${of(REQUESTS)})`,
    answer: (counts) => sum(counts, 'failures') / sum(counts, 'requests'),
  },
  'requests of the busiest pool': {
    ask: (of) => `max(sum by (pool) (${of(REQUESTS)}))`,
    answer: (counts) => Math.max(...perPool(counts, 'requests')),
  },
  'pools with a failure': {
    ask: (of) => `count(sum by (pool) (${of(FAILURES)}) > 0)`,
    answer: (counts) => perPool(counts, 'failures').filter((failures) => failures > 0).length,
  },
};

/** Question → answer. */
export type Answers = Readonly<Record<string, number | null>>;

export function rightAnswers(counts: readonly Count[]): Answers {
  return Object.fromEntries(Object.entries(QUESTIONS).map(([name, { answer }]) => [name, answer(counts)]));
}

/**
 * @param site asks for this site alone, by the label that the global Prometheus has
 * @param isLast asks for what was known last, though the site may be gone
 */
export async function answersOf(
  server: PrometheusServer,
  { site, isLast = false }: { readonly site?: string; readonly isLast?: boolean } = {},
): Promise<Answers> {
  const select: Select = (series, pool) => {
    const labels = Object.entries({ site, pool }).filter(([, value]) => value !== undefined);
    const matchers = labels.map(([name, value]) => `${name}="${value}"`).join(', ');
    return isLast ? `last_over_time(${series}{${matchers}}[1h])` : `${series}{${matchers}}`;
  };
  const asked = Object.entries(QUESTIONS).map(
    async ([name, { ask }]) => [name, await server.value(ask(select))] as const,
  );
  return Object.fromEntries(await Promise.all(asked));
}
