/**
 * Text that bodies are searched for, or a regular expression between slashes. Whoever answers writes the body, so a
 * search must end soon whatever stands there: patterns run on re2js, a port of RE2, whose time grows with body and
 * pattern, one times the other, and never faster. What cannot be had that way (look-ahead, back-references) is refused.
 */
import { LRUCache } from 'lru-cache';
import { RE2JS, RE2JSException, RE2Set } from 're2js';

/** Longest pattern, in characters: to find out how many instructions one has takes a time of its own. */
const MAX_PATTERN = 200;
/**
 * Largest pattern, in instructions of its program; a character is about one. 64 KiB take it some 0.5 ms as a rule, and
 * 1 ms an instruction at the very worst.
 */
export const MAX_INSTRUCTIONS = 100;
/** Most memory for the states that one pattern has been in. Beyond it the slower way is taken. */
const STATES_BYTES = 262_144;
/** Patterns kept ready. */
const KEPT_PATTERNS = 128;

const PATTERN = /^\/(.+)\/([ims]*)$/s;
const FLAGS = [
  ['i', RE2JS.CASE_INSENSITIVE],
  ['m', RE2JS.MULTILINE],
  ['s', RE2JS.DOTALL],
] as const;

/** Whether a text is what was looked for. */
export type Finds = (text: string) => boolean;

export function isPattern(written: string): boolean {
  return PATTERN.test(written);
}

/** What is wrong with a pattern, in one sentence; `null` for one that can be used, and for plain text. */
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

/** Keeps patterns ready that are used again and again. */
export class TextPatterns {
  readonly #kept = new LRUCache<string, Finds>({ max: KEPT_PATTERNS });

  /** `null`: it is a pattern that cannot be used. */
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
