/**
 * Searches bodies for plain text, or for a regular expression between slashes. A backend writes the body, so a search
 * must end soon whatever the body contains. Patterns therefore run on re2js, a port of RE2: its time grows at most with
 * the length of the body times the size of the pattern. Features that break this bound (look-ahead, back-references)
 * are refused.
 */
import { LRUCache } from 'lru-cache';
import { RE2JS, RE2JSException, RE2Set } from 're2js';

/** Longest pattern, in characters, because it takes time to find out how many instructions a pattern has. */
const MAX_PATTERN = 200;
/**
 * Largest pattern, in instructions of its program; a character is about one instruction. A search through 64 KiB
 * usually takes about 0.5 ms; in the worst case it takes 1 ms for each instruction.
 */
export const MAX_INSTRUCTIONS = 100;
/** Most memory for the cached states of one pattern, in bytes. Beyond it, the search uses the slower way. */
const STATES_BYTES = 262_144;
/** Most patterns kept compiled. */
const KEPT_PATTERNS = 128;

const PATTERN = /^\/(.+)\/([ims]*)$/s;
const FLAGS = [
  ['i', RE2JS.CASE_INSENSITIVE],
  ['m', RE2JS.MULTILINE],
  ['s', RE2JS.DOTALL],
] as const;

/** Whether a text contains what is looked for. */
export type Finds = (text: string) => boolean;

export function isPattern(written: string): boolean {
  return PATTERN.test(written);
}

/** What is wrong with a pattern, in one sentence; `null` for a usable pattern and for plain text. */
export function patternProblem(written: string): string | null {
  const [matched, source = '', flags = ''] = PATTERN.exec(written) ?? [];
  if (matched === undefined) return null;
  if (source.length > MAX_PATTERN) return `expected a pattern of at most ${MAX_PATTERN} characters`;
  try {
    const size = RE2JS.compile(RE2JS.translateRegExp(source), flagsOf(flags)).programSize();
    if (size <= MAX_INSTRUCTIONS) return null;
    return `expected a simpler pattern: it takes ${size} steps for a character, at most ${MAX_INSTRUCTIONS} are allowed`;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace('error parsing regexp: ', '');
    return `expected a regular expression in the syntax of RE2, without look-ahead and back-references: ${reason}`;
  }
}

/** Keeps compiled patterns, because checks use them again and again. */
export class TextPatterns {
  readonly #kept = new LRUCache<string, Finds>({ max: KEPT_PATTERNS });

  /** `null` if the text is a pattern that cannot be used. */
  of(written: string): Finds | null {
    const known = this.#kept.get(written);
    if (known !== undefined) return known;
    if (patternProblem(written) !== null) return null;
    const finds = findsOf(written);
    this.#kept.set(written, finds);
    return finds;
  }
}

function findsOf(written: string): Finds {
  const [matched, source = '', flags = ''] = PATTERN.exec(written) ?? [];
  if (matched === undefined) return (text) => text.includes(written);
  const pattern = new RE2Set(RE2Set.UNANCHORED, flagsOf(flags), STATES_BYTES);
  pattern.add(RE2JS.translateRegExp(source));
  return (text) => pattern.match(text).length > 0;
}

function flagsOf(letters: string): number {
  return FLAGS.reduce((flags, [letter, flag]) => (letters.includes(letter) ? flags | flag : flags), 0);
}
