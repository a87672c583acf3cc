/**
 * Formats a log line for people: time, severity, sentence, then all other fields. Text from other parties cannot begin a
 * line of its own.
 */
import { styleText } from 'node:util';
import { round3 } from '../round.js';
import { visibleLine, visibleText } from '../visible-text.js';

type Style = Parameters<typeof styleText>[0];

const LEVELS: Readonly<Record<number, readonly [word: string, style: Style]>> = {
  20: ['DEBUG', 'dim'],
  30: ['INFO ', 'green'],
  40: ['WARN ', 'yellow'],
  50: ['ERROR', 'red'],
  60: ['FATAL', ['red', 'bold']],
};

/** Fields that the sentence or the end of the line shows. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set([
  'level',
  'time',
  'msg',
  'sentence',
  'err',
  'pid',
  'worker',
  'seq',
]);
/** Fields that a sentence names. */
const IN_SENTENCE: ReadonlySet<string> = new Set(['pool', 'backend']);

const ISO_TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** Colours text if standard output is a terminal and NO_COLOR is not set. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** @param line one line of the log as JSON */
export function prettyLine(line: string): string {
  const record = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const { level, time, msg, sentence } = record;
  const [word, style] = LEVELS[Number(level)] ?? ['     ', 'dim'];
  const at = new Date(textOf(time));
  const said = localTimes(visibleLine(textOf(sentence ?? msg)), at);
  const fields = Object.entries(record)
    .filter(([name]) => !TOLD_ELSEWHERE.has(name) && !(sentence !== undefined && IN_SENTENCE.has(name)))
    .map(([name, value]) => `${name} ${wordOf(value)}`);
  const where = [
    ...(record['seq'] === undefined ? [] : [`evt ${wordOf(record['seq'])}`]),
    ...(record['worker'] === undefined ? [] : [`worker ${wordOf(record['worker'])}`]),
  ];
  const tail = [...fields, ...(where.length === 0 ? [] : [where.join(' ')])].join('  ');
  const head = `${clockTime(at)}  ${paint(style, word)} ${said}`;
  return `${tail === '' ? head : `${head}  ${paint('dim', tail)}`}\n${stackOf(record['err'])}`;
}

/** Local time, for example `03:07:12.481`. */
export function clockTime(at: Date): string {
  return `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}:${twoDigits(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** Replaces times in a sentence by local times, with the date if it is another day. */
function localTimes(text: string, now: Date): string {
  return text.replace(ISO_TIME, (iso) => {
    const at = new Date(iso);
    const time = clockTime(at).slice(0, 8);
    const day = `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())}`;
    return at.toDateString() === now.toDateString() ? time : `${day} ${time}`;
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

function wordOf(value: unknown): string {
  if (typeof value === 'number') return String(round3(value));
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return value;
  return visibleLine(JSON.stringify(value) ?? '');
}

/** The stack is indented, so that no text of an error looks like a log line. */
function stackOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const text = 'stack' in error ? error.stack : 'message' in error ? error.message : undefined;
  if (typeof text !== 'string') return '';
  return visibleText(text)
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
}
