/**
 * Turns the text of a configuration file into plain values, and remembers where each key and value stands, so that
 * every later problem can point at its line. It knows YAML and environment variables, but not the meaning of settings.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
  type YAMLWarning,
} from 'yaml';
import { type Environment, substitute } from './environment.js';
import { withoutPassword } from './without-password.js';

/** Most values in one file, with aliases expanded. Enough for 10,000 backends; more is an attack or an accident. */
const MAX_VALUES = 100_000;
/** Most uses of aliases, because each costs a search through the document. */
const MAX_ALIASES = 100;
/** Most levels of nesting. The settings need six. */
const MAX_DEPTH = 32;

export type Path = readonly (string | number)[];

export interface Place {
  readonly line: number;
  readonly col: number;
}

export interface PlacedProblem extends Place {
  readonly path: Path;
  readonly message: string;
  /** What is written instead of what was expected. */
  readonly found?: string;
}

export interface YamlDocument {
  /** Mappings are plain objects; scalars are texts, numbers, booleans or null. */
  readonly value: unknown;
  /** Problems of single values. The rest of the document is complete. */
  readonly problems: readonly PlacedProblem[];
  /** Where the value at a path is; for a missing value, where the nearest thing around it is. */
  placeOf(path: Path): Place;
  /** Where the last key of the path is. */
  placeOfKey(path: Path): Place;
  /**
   * What is written at a path, in one line; `null` if nothing is. Variables are not replaced, because their values may
   * be secret.
   */
  writtenAt(path: Path): string | null;
}

interface Walk {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly env: Environment;
  readonly source: string;
  readonly values: Map<string, Node>;
  readonly keys: Map<string, Place>;
  readonly problems: PlacedProblem[];
  count: number;
  aliases: number;
}

/** Returns only problems if the text is not YAML. Never throws. */
export function readYaml(text: string, env: Environment): YamlDocument | readonly PlacedProblem[] {
  const lines = new LineCounter();
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const document = parseDocument(source, {
    lineCounter: lines,
    strict: true,
    // The check of the parser compares each key with every other one; `mappingOf` looks keys up instead.
    uniqueKeys: false,
    version: '1.2',
    prettyErrors: false,
  });
  const faults = syntaxProblems(source, [...document.errors, ...document.warnings], lines);
  if (faults.length > 0) return faults;
  const walk: Walk = {
    document,
    lines,
    env,
    source,
    values: new Map(),
    keys: new Map(),
    problems: [],
    count: 0,
    aliases: 0,
  };
  const value = valueOf(walk, document.contents, []);
  if (walk.count > MAX_VALUES) return [tooMany(walk)];
  return {
    value,
    problems: walk.problems,
    placeOf: (path) => nearest(walk, path),
    placeOfKey: (path) => walk.keys.get(keyOf(path)) ?? nearest(walk, path),
    writtenAt: (path) => writtenAs(walk, walk.values.get(keyOf(path))),
  };
}

/** Messages in the words of the file, by the parser's code. Codes that are not listed keep the parser's message. */
const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'expected spaces: YAML does not allow tabs as indentation',
  MULTIPLE_DOCS: 'expected one document: remove this --- line',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  BAD_INDENT: 'expected a closing bracket before this: one that was opened above, { or [, is still open',
  BLOCK_AS_IMPLICIT_KEY:
    'expected one key and its value on a line, indented like the lines beside it; text with ": " in it needs quotes',
  MULTILINE_IMPLICIT_KEY: 'expected "key: value": is a colon missing in this line?',
  BAD_SCALAR_START: 'expected quotes around text that begins with a special character',
};
/** The parser has no code of its own for this mistake. */
const MISSING_QUOTE = /^Missing closing (["'])quote/;

function syntaxMessage(code: string, message: string): string {
  const quote = MISSING_QUOTE.exec(message)?.[1];
  if (quote !== undefined) {
    return `expected a closing ${quote} before this: a text that begins above is not ended`;
  }
  if (code === 'MISSING_CHAR' && message.startsWith('Implicit map keys')) {
    return 'expected "key: value": is a colon missing in this line?';
  }
  if (code === 'BAD_INDENT' && !message.startsWith('Flow ')) return message;
  return SYNTAX_MESSAGES[code] ?? message;
}

/** Only the first problem, because those after a syntax error are mostly its consequences. Of tabs, all. */
function syntaxProblems(
  source: string,
  faults: readonly (YAMLError | YAMLWarning)[],
  lines: LineCounter,
): PlacedProblem[] {
  const sorted = faults.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const tabs = sorted.filter(({ code }) => code === 'TAB_AS_INDENT');
  return (tabs.length > 0 ? tabs : sorted.slice(0, 1)).map(({ code, message, pos }) => ({
    ...placeAt(lines, pos[0]),
    path: [],
    message: source.startsWith('${', pos[0] - 1)
      ? 'expected quotes around ${…} inside { } or [ ]'
      : syntaxMessage(code, message),
  }));
}

function valueOf(walk: Walk, node: Node | null, path: Path): unknown {
  walk.count++;
  if (walk.count > MAX_VALUES) return null;
  if (path.length > MAX_DEPTH) return refuse(walk, node, path, 'nested too deeply');
  if (isAlias(node) && ++walk.aliases > MAX_ALIASES) {
    return walk.aliases > MAX_ALIASES + 1
      ? null
      : refuse(walk, node, path, `expected at most ${MAX_ALIASES} aliases`);
  }
  const target = isAlias(node) ? (node.resolve(walk.document) ?? null) : node;
  if (isAlias(node) && target === null) {
    return refuse(walk, node, path, `expected an anchor &${node.source} before this alias`);
  }
  if (node?.range) walk.values.set(keyOf(path), node);
  if (isMap(target)) return mappingOf(walk, target, path);
  if (isSeq(target)) {
    return target.items.map((item, index) => valueOf(walk, item as Node | null, [...path, index]));
  }
  if (!isScalar(target)) return null;
  if (typeof target.value !== 'string') return target.value;
  const result = substitute(target.value, walk.env);
  return result.ok ? result.text : refuse(walk, node, path, result.message);
}

function mappingOf(walk: Walk, map: YAMLMap, path: Path): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const pair of map.items as Pair<Node | null, Node | null>[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const inner = [...path, key];
    const first = walk.keys.get(keyOf(inner));
    if (first) refuse(walk, pair.key, inner, `this key is given twice, first at ${first.line}:${first.col}`);
    if (pair.key?.range) walk.keys.set(keyOf(inner), placeAt(walk.lines, pair.key.range[0]));
    if (key === '' || key === '__proto__') refuse(walk, pair.key, path, 'expected a plain text as key');
    else if (key === '<<') {
      refuse(walk, pair.key, path, 'merge keys (<<) are not supported: write the settings out');
    } else entries.push([key, valueOf(walk, pair.value, inner)]);
  }
  return Object.fromEntries(entries);
}

function refuse(walk: Walk, node: Node | null, path: Path, message: string): null {
  const place = node?.range ? placeAt(walk.lines, node.range[0]) : nearest(walk, path);
  walk.problems.push({ ...place, path, message });
  return null;
}

function tooMany(walk: Walk): PlacedProblem {
  return {
    ...nearest(walk, []),
    path: [],
    message: `expected at most ${MAX_VALUES} values, aliases counted`,
  };
}

/** The place of the value; if it has none, that of its key; otherwise that of what contains it. */
function nearest(walk: Walk, path: Path): Place {
  const own = placeOfNode(walk, walk.values.get(keyOf(path)));
  if (own) return own;
  // Where a list is expected, a single value is read as a list of one. Its element has no place of its own.
  if (typeof path.at(-1) === 'number') return nearest(walk, path.slice(0, -1));
  for (let length = path.length; length >= 0; length--) {
    const key = keyOf(path.slice(0, length));
    const found = walk.keys.get(key) ?? placeOfNode(walk, walk.values.get(key));
    if (found) return found;
  }
  return { line: 1, col: 1 };
}

function placeOfNode(walk: Walk, node: Node | undefined): Place | null {
  return node?.range ? placeAt(walk.lines, node.range[0]) : null;
}

/** Longest text that is quoted, in characters. */
const MAX_QUOTED = 40;

function writtenAs(walk: Walk, node: Node | undefined): string | null {
  if (node === undefined || !node.range) return null;
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  const text = withoutPassword(walk.source.slice(node.range[0], node.range[1]));
  const [line = '', ...more] = text.split('\n');
  if (line === '') return 'nothing';
  return more.length === 0 && line.length <= MAX_QUOTED ? line : `${line.slice(0, MAX_QUOTED).trimEnd()}…`;
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), col: Math.max(1, col) };
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}
