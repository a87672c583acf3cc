/** Makes tables for people: columns as wide as their widest cell, no lines. Colours do not count as width. */
import { stripVTControlCharacters } from 'node:util';

const GAP = '  ';

const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

function charactersOf(text: string): readonly string[] {
  return Array.from(CHARACTERS.segment(text), ({ segment }) => segment);
}

/** How many columns of a terminal a text takes, counting one for each character. */
export function widthOf(text: string): number {
  return charactersOf(stripVTControlCharacters(text)).length;
}

/**
 * Rows under headings, as lines without line breaks. With `maxWidth` the last column is cut, so that no line is longer;
 * it must not contain colours then.
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

/** Least width of the last column. It is not cut further, even if lines then wrap. */
const MIN_LAST_WIDTH = 20;

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${charactersOf(text)
    .slice(0, width - 1)
    .join('')}…`;
}
