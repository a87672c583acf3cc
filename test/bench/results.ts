/** Measurements of all rounds made into results, a table for people and a document for programs. Pure. */
import type { Measurement } from './measure.js';
import type { Scenario } from './scenarios.js';
import { type Spread, ratiosByRound, spreadOf } from './statistics.js';

export interface Result {
  readonly scenario: string;
  readonly subject: string;
  readonly unit: 'µs/request' | 'bytes/connection';
  readonly forwarding: Spread;
  readonly all: Spread;
  /** Forwarding processes against the reference's in the same round; null where there is no reference. */
  readonly ratio: Spread | null;
  /** The same against the reference with fitted buffers. */
  readonly ratioFitted: Spread | null;
  /** The same against itself as the scenario's twin. */
  readonly ratioTwin: Spread | null;
  readonly busy: number;
  readonly rounds: readonly Measurement[];
}

/** A subject that was not measured, and why. */
export interface Skipped {
  readonly scenario: string | null;
  readonly subject: string;
  readonly reason: string;
}

/** Measurements by subject, then by round. */
export type Rounds = ReadonlyMap<string, ReadonlyMap<number, Measurement>>;

export interface References {
  readonly plain: string;
  readonly fitted: string;
}

export function resultsOf(scenario: Scenario, rounds: Rounds, references: References): Result[] {
  const ratioTo = (measured: ReadonlyMap<number, Measurement>, name: string): Spread | null => {
    const base = rounds.get(name);
    const ratios =
      base === undefined ? [] : ratiosByRound(forwardingByRound(measured), forwardingByRound(base));
    return ratios.length === 0 ? null : spreadOf(ratios);
  };
  const results: Result[] = [];
  for (const [subject, measured] of rounds) {
    if (measured.size === 0) continue;
    const list = [...measured.values()];
    results.push({
      scenario: scenario.name,
      subject,
      unit: scenario.mode === 'idle' ? 'bytes/connection' : 'µs/request',
      forwarding: spreadOf(list.map(({ forwarding }) => forwarding)),
      all: spreadOf(list.map(({ all }) => all)),
      ratio: ratioTo(measured, references.plain),
      ratioFitted: ratioTo(measured, references.fitted),
      ratioTwin: scenario.twin === null ? null : ratioTo(measured, `${subject} ${scenario.twin.name}`),
      busy: spreadOf(list.map(({ busy }) => busy)).median,
      rounds: list,
    });
  }
  return results;
}

function forwardingByRound(measured: ReadonlyMap<number, Measurement>): Map<number, number> {
  return new Map([...measured].map(([round, { forwarding }]) => [round, forwarding]));
}

const HEADINGS = ['', 'forwarding', 'range', 'with primary', 'ratio to nginx', 'range', 'busy'];
const FITTED_HEADING = 'ratio to fitted';

/** One table for one scenario. */
export function tableOf(scenario: Scenario, results: readonly Result[]): string {
  const rows = results.map(({ subject, unit, forwarding, all, ratio, ratioFitted, ratioTwin, busy }) => {
    const figure = (value: number): string => value.toFixed(unit === 'µs/request' ? 1 : 0);
    return [
      subject,
      `${figure(forwarding.median)} ${unit}`,
      `${figure(forwarding.min)}–${figure(forwarding.max)}`,
      figure(all.median),
      ratio === null ? '–' : ratio.median.toFixed(2),
      ratio === null ? '' : `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`,
      unit === 'µs/request' ? `${Math.round(busy * 100)} %` : '',
      ...(scenario.fitted ? [ratioFitted === null ? '–' : ratioFitted.median.toFixed(2)] : []),
      ...(scenario.twin === null ? [] : [ratioTwin === null ? '–' : ratioTwin.median.toFixed(2)]),
    ];
  });
  const headings = [
    ...HEADINGS,
    ...(scenario.fitted ? [FITTED_HEADING] : []),
    ...(scenario.twin === null ? [] : [`ratio to ${scenario.twin.name}`]),
  ];
  return [`${scenario.name}: ${scenario.title}`, ...aligned([headings, ...rows]), ''].join('\n');
}

/** Columns as wide as their widest cell: the first to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, n) => (widths[n] = Math.max(widths[n] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
