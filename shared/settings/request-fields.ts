/**
 * Header fields that a file adds to Tidegate's own requests. Whatever the file says, a request stays one message: names are
 * tokens, values contain no line break, and only Tidegate sets the fields that frame the message or control its connection
 * (RFC 9110 §5, RFC 9112).
 */
import { isRecord } from '../is-record.js';
import { Expected, type Kind } from './kind.js';

export type RequestFields = Readonly<Record<string, string>>;

/** The most fields in one mapping. */
const MAX_FIELDS = 32;
const MAX_NAME = 128;
const MAX_VALUE = 2_048;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters and obs-text (RFC 9110 §5.5), which is sent as single bytes, with blanks between them. */
const VALUE = /^(?:[!-~\u0080-\u00ff](?:[\t -~\u0080-\u00ff]*[!-~\u0080-\u00ff])?)?$/;

const FRAMING = 'expected no field that frames a body: the request has none';
const CONNECTION = 'expected no field about the connection: each request has its own and closes it';
const OURS: ReadonlyMap<string, string> = new Map([
  ['host', 'expected no Host among the headers: the setting host says it'],
  ['content-length', FRAMING],
  ['transfer-encoding', FRAMING],
  ['trailer', FRAMING],
  ['expect', FRAMING],
  ['connection', CONNECTION],
  ['keep-alive', CONNECTION],
  ['proxy-connection', CONNECTION],
  ['te', CONNECTION],
  ['upgrade', CONNECTION],
  ['http2-settings', CONNECTION],
]);

export const requestFields: Kind<RequestFields> = {
  read: readFields,
  write: (fields) => fields,
  shape: {
    problem: (value, path) => {
      const read = readFields(value);
      if (!(read instanceof Expected)) return null;
      const [[key, message] = ['', read.message]] = read.ofKeys;
      return `${path}${key === '' ? '' : `.${key}`}: ${message}`;
    },
  },
  json: {
    type: 'object',
    additionalProperties: { type: 'string', maxLength: MAX_VALUE },
    maxProperties: MAX_FIELDS,
    'x-unit': 'names and values',
    'x-range': `at most ${MAX_FIELDS}`,
  },
};

function readFields(raw: unknown): RequestFields | Expected {
  if (!isRecord(raw)) {
    return new Expected('expected names and values such as { X-Check: "1" }');
  }
  const entries = Object.entries(raw);
  if (entries.length > MAX_FIELDS) return new Expected(`expected at most ${MAX_FIELDS} header fields`);
  const problems = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const problem = nameProblem(name, seen) ?? valueProblem(value);
    if (problem !== null) problems.set(name, problem);
    seen.add(name.toLowerCase());
  }
  // The loop has just checked that each value is text.
  if (problems.size === 0) return Object.fromEntries(entries) as RequestFields;
  return new Expected('expected header fields', problems);
}

function nameProblem(name: string, before: ReadonlySet<string>): string | null {
  if (name.length > MAX_NAME || !TOKEN.test(name)) {
    return `expected the name of a header field: 1 to ${MAX_NAME} letters, digits or characters such as - and _`;
  }
  if (before.has(name.toLowerCase())) return 'expected each header field once, in whatever case';
  return OURS.get(name.toLowerCase()) ?? null;
}

function valueProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'expected a text (numbers and true or false in quotes)';
  if (value.length > MAX_VALUE) return `expected at most ${MAX_VALUE} characters`;
  return VALUE.test(value)
    ? null
    : 'expected visible characters up to U+00FF, with blanks only between them and no line break';
}
