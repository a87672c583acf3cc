/** The tables of limits in `data-plane/README.md`, made from the declarations of settings and from the constants. */
import { limits, retry, timeouts } from '#shared/settings/forwarding.js';
import { pool, queue } from '#shared/settings/pool.js';
import type { Section, ValueField } from '#shared/settings/section.js';
import { CONSTANT_LIMITS, HTTP2_LIMITS, type ConstantLimit } from './constants.js';

type Row = readonly string[];

/** By the name of their place: `<!-- limits: NAME -->` to `<!-- /limits -->`. */
const TABLES: Readonly<Record<string, string>> = {
  settings: table(
    ['key', 'default', 'beyond it'],
    [
      ...rowsOf('timeouts.', timeouts),
      ...rowsOf('limits.', limits),
      ...rowsOf('retry.', retry),
      ...rowsOf('', pool),
      ...rowsOf('queue.', queue),
    ],
  ),
  constants: constantsTable(CONSTANT_LIMITS),
  http2: constantsTable(HTTP2_LIMITS),
};

const PLACE = /(<!-- limits: (\w+) -->)[^]*?(<!-- \/limits -->)/g;

/** The page with its tables as they are now. */
export function withLimits(page: string): string {
  return page.replace(
    PLACE,
    (_place, begin: string, name: string, end: string) => `${begin}\n\n${TABLES[name] ?? ''}\n${end}`,
  );
}

/** The settings of a section that are limits. */
function rowsOf(prefix: string, section: Section<unknown>): Row[] {
  return Object.values(section.fields).flatMap((field) =>
    field.is === 'value' && field.beyond !== undefined
      ? [[`\`${prefix}${field.name}\``, defaultOf(field), field.beyond]]
      : [],
  );
}

function defaultOf({ default: given, defaultText = 'none' }: ValueField<unknown>): string {
  return typeof given === 'string' || typeof given === 'number' ? String(given) : defaultText;
}

function constantsTable(rows: readonly ConstantLimit[]): string {
  return table(
    ['what', 'value', 'where', 'beyond it'],
    rows.map(({ what, value, file, beyond }) => [what, value, `\`${file}\``, beyond]),
  );
}

/** Padded as prettier does it. */
function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: Row): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return `${[head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n')}\n`;
}
