/** Tables for people: columns as wide as their widest cell, no lines. Colours do not count as width. */
import { stripVTControlCharacters } from 'node:util';

const GAP = '  ';

const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

function charactersOf(text: string): readonly string[] {
  return Array.from(CHARACTERS.segment(text), ({ segment }) => segment);
}

/** Columns that a text takes in a terminal; each character counts as one. */
export function widthOf(text: string): number {
  return charactersOf(stripVTControlCharacters(text)).length;
}

/**
 * Rows under headings. With `maxWidth` the last column is cut so that no line is longer; give it no colours then.
 * Answers lines without a line break at their end.
 */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  maxWidth = Infinity,
): readonly string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  const last = headings.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
  return all.map((row) =>
    row
      .map((cell, column) => {
        if (column === last) return cut(cell, Math.max(MIN_LAST_WIDTH, maxWidth - before));
        return cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell));
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** The last column is not cut further than this, even where lines then wrap. */
const MIN_LAST_WIDTH = 20;

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${charactersOf(text)
    .slice(0, width - 1)
    .join('')}…`;
}
