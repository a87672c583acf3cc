/** Settings of the active health checks of a pool. */
import * as shapes from '../shape.js';
import { duration, integer, share } from './amounts.js';
import { choice, Expected, listOf, text, VARIABLE, type Kind } from './kind.js';
import { requestHost } from './names.js';
import { requestFields } from './request-fields.js';
import { derived, group, optional, section, setting, type SettingsOf } from './section.js';

/** An inclusive range of HTTP status codes. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** Safe methods (RFC 9110 §9.2.1), because a check must change nothing. */
export const CHECK_METHODS = ['GET', 'HEAD', 'OPTIONS'] as const;

const STATUS_EXPECTED = 'expected status codes such as 200, 200-399 or 2xx';
/** The most ranges in one list. */
const MAX_RANGES = 1_000;
/** The longest path of a check, in characters. */
const MAX_PATH = 8_192;
/** The longest text or pattern to search for in a body, in characters. */
const MAX_BODY_TEXT = 1_000;

const statusRange: Kind<StatusRange> = {
  read: readRange,
  write: formatRange,
  shape: shapes.record<StatusRange>({ from: shapes.integer(100, 599), to: shapes.integer(100, 599) }),
  json: {
    description: 'A status code, a range or a class.',
    anyOf: [
      { type: 'integer', minimum: 100, maximum: 599 },
      { type: 'string', pattern: '^(\\d{3}(-\\d{3})?|[1-5][xX][xX])$' },
      VARIABLE,
    ],
  },
};

const statusRanges = listOf(statusRange, {
  min: 1,
  max: MAX_RANGES,
  unit: 'status codes',
  expected: STATUS_EXPECTED,
  oneAlone: true,
  json: { type: ['array', 'string', 'integer'] },
});

function readRange(raw: unknown): StatusRange | Expected {
  const [matched, first, last, hundred] = /^(?:(\d{3})(?:-(\d{3}))?|([1-5])xx)$/i.exec(String(raw)) ?? [];
  if (matched === undefined) return new Expected(STATUS_EXPECTED);
  if (hundred !== undefined) return { from: Number(hundred) * 100, to: Number(hundred) * 100 + 99 };
  const from = Number(first);
  const to = Number(last ?? first);
  return from >= 100 && to <= 599 && from <= to
    ? { from, to }
    : new Expected(`${STATUS_EXPECTED}, from 100 to 599`);
}

/** The ranges in the words of the file, such as `2xx, 304`. */
export function statusWords(ranges: readonly StatusRange[]): string {
  return ranges.map(formatRange).join(', ');
}

function formatRange({ from, to }: StatusRange): string {
  if (from === to) return String(from);
  return from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`;
}

/** It stands in the first line of a request, and must not end it. */
const PATH = /^\/[!-~]*$/;

const checkPath = text({
  unit: 'a path',
  problemOf: (value) =>
    PATH.test(value) && !value.includes('#') ? null : 'expected a path such as /health, in ASCII',
  max: MAX_PATH,
  pattern: PATH,
});

const bodyText: Kind<string> = {
  ...text({
    unit: 'a text, or /pattern/',
    problemOf: (value) =>
      value !== '' && value.length <= MAX_BODY_TEXT
        ? null
        : `expected a text of 1 to ${MAX_BODY_TEXT} characters`,
    max: MAX_BODY_TEXT,
  }),
  mayBePattern: true,
};

const expectation = section(
  {
    status: derived('status', statusRanges, {
      means: 'Status codes that pass: one or a list of `200`, `200-399`, `2xx`.',
      defaultText: '`["2xx"]`',
    }),
    body: optional('body', bodyText, {
      means:
        'What the body has to contain, as UTF-8: a text, or between slashes a regular expression in the syntax of RE2, ' +
        'with `i`, `m` and `s` behind it if need be. Only what was read of the body is searched.',
    }),
  },
  { derive: { status: () => [{ from: 200, to: 299 }] } },
);
export type ExpectedAnswer = SettingsOf<typeof expectation>;

export const healthCheck = section(
  {
    path: setting('path', checkPath, '/', { means: 'Path asked for, with its query if any.' }),
    method: setting('method', choice(CHECK_METHODS), 'GET', { means: 'Method it is asked by.' }),
    host: optional('host', requestHost, {
      means:
        'Name that the check asks for, as clients do that reach a virtual host: its Host, and over https the name that ' +
        'the backend is asked for and that its certificate must have.',
      defaultText: 'that of the url',
    }),
    headers: setting(
      'headers',
      requestFields,
      {},
      {
        means:
          'Header fields of a check. `User-Agent` and `Accept` replace ours. They are shown wherever settings are, in the ' +
          'log too: give none that is secret.',
      },
    ),
    port: optional('port', integer(1, 65_535), {
      means: 'Port of the backend that is checked, by the protocol of its url.',
      defaultText: 'that of the url',
    }),
    intervalMs: setting('interval', duration('100ms', '1h'), '30s', {
      means: 'Time from the end of a check of a backend to the start of the next.',
    }),
    fastIntervalMs: derived('fast_interval', duration('10ms', '1h'), {
      means: 'Time between checks while a backend is unknown or has a run of contrary results.',
      defaultText: '1s, or interval if shorter',
    }),
    timeoutMs: derived('timeout', duration('10ms', '1h'), {
      means:
        'Time for a whole check: connecting, head and body. Of a body up to 64 KiB are read; more of it need not come. At most the interval.',
      defaultText: '5s, or interval if shorter',
    }),
    /** Called *fall* in HAProxy. */
    failureThreshold: setting('failure_threshold', integer(1, 100), 3, {
      means: 'Failures in a row that make a backend unhealthy.',
    }),
    /** Called *rise* in HAProxy. */
    successThreshold: setting('success_threshold', integer(1, 100), 2, {
      means: 'Passes in a row that make an unhealthy backend healthy. A new backend needs one.',
    }),
    expect: group('expect', expectation, 'What an answer has to be to pass.'),
    jitter: setting('jitter', share(0, 0.5), '10%', {
      means: 'Share of the interval by which each wait is varied.',
    }),
  },
  {
    rules: [
      { key: 'intervalMs', atLeast: 'timeoutMs', told: 'atLeast' },
      { key: 'intervalMs', atLeast: 'fastIntervalMs', told: 'atLeast' },
      {
        at: ['expect', 'body'],
        holds: ({ method, expect }) =>
          method !== 'HEAD' || (expect as Partial<ExpectedAnswer> | undefined)?.body === undefined,
        otherwise: 'expected no body with method HEAD, whose answers have none',
      },
    ],
    secondPlaces: [{ name: 'expected_status', key: 'expectedStatus', movedTo: ['expect', 'status'] }],
    derive: {
      fastIntervalMs: ({ intervalMs }) => Math.min(1_000, intervalMs),
      timeoutMs: ({ intervalMs }) => Math.min(5_000, intervalMs),
    },
  },
);
export type HealthCheckSettings = SettingsOf<typeof healthCheck>;
