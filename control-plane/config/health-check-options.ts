/** Options of the active health checks of a pool. */
import { z } from 'zod';
import type { StatusRange } from '#shared/settings.js';
import { duration, integer, share } from './amount-options.js';
import { Expected, option, text, toggle } from './option.js';
import { always, number } from './ordered.js';

const STATUS_EXPECTED = 'expected status codes such as 200, 200-399 or 2xx';

/** `200`, `200-399` or `2xx`. */
export function parseStatusRange(raw: unknown): StatusRange | Expected {
  const [matched, first, last, hundred] = /^(?:(\d{3})(?:-(\d{3}))?|([1-5])xx)$/i.exec(String(raw)) ?? [];
  if (matched === undefined) return new Expected(STATUS_EXPECTED);
  if (hundred !== undefined) return { from: Number(hundred) * 100, to: Number(hundred) * 100 + 99 };
  const from = Number(first);
  const to = Number(last ?? first);
  return from >= 100 && to <= 599 && from <= to
    ? { from, to }
    : new Expected(`${STATUS_EXPECTED}, from 100 to 599`);
}

const statusRange = option<StatusRange>(
  parseStatusRange,
  { describe: 'A status code, a range or a class.' },
  {
    anyOf: [
      { type: 'integer', minimum: 100, maximum: 599 },
      { type: 'string', pattern: '^(\\d{3}(-\\d{3})?|[1-5][xX][xX])$' },
      { type: 'string', pattern: '\\$\\{' },
    ],
  },
);

export const healthCheck = z
  .strictObject({
    enabled: toggle({ describe: 'Whether backends are checked.' }).prefault(true),
    path: text(
      {
        unit: 'a path',
        problemOf: (value) =>
          /^\/[!-~]*$/.test(value) && !value.includes('#')
            ? null
            : 'expected a path such as /health, in ASCII',
      },
      { describe: 'Path asked for by GET, with its query if any.' },
    ).prefault('/'),
    interval: duration(
      { min: '100ms', max: '1h' },
      { describe: 'Time from the end of a check of a backend to the start of the next.' },
    ).prefault('30s'),
    fast_interval: duration(
      { min: '10ms', max: '1h' },
      {
        describe: 'Time between checks while a backend is unknown or has a run of contrary results.',
        defaultText: '1s, or interval if shorter',
      },
    ).optional(),
    timeout: duration(
      { min: '10ms', max: '1h' },
      {
        describe:
          'Time for a whole check: connecting, head and body. Of a body up to 64 KiB are read; more of it need not come. At most the interval.',
        defaultText: '5s, or interval if shorter',
      },
    ).optional(),
    failure_threshold: integer(
      { min: 1, max: 100 },
      { describe: 'Failures in a row that make a backend unhealthy.' },
    ).prefault(3),
    success_threshold: integer(
      { min: 1, max: 100 },
      { describe: 'Passes in a row that make an unhealthy backend healthy. A new backend needs one.' },
    ).prefault(2),
    expected_status: z
      .preprocess(
        (raw) => (Array.isArray(raw) || raw === undefined ? raw : [raw]),
        z.array(statusRange).min(1, STATUS_EXPECTED),
      )
      .prefault(['2xx'])
      .meta({
        description: 'Status codes that pass: one or a list of `200`, `200-399`, `2xx`.',
        type: ['array', 'string', 'integer'],
        'x-unit': 'status codes',
      }),
    jitter: share(
      { min: 0, max: 0.5 },
      { describe: 'Share of the interval by which each wait is varied.' },
    ).prefault('10%'),
  })
  .refine((check) => !(number(check.timeout) > number(check.interval)), {
    path: ['timeout'],
    message: 'expected at most the interval',
    ...always,
  })
  .refine((check) => !(number(check.fast_interval) > number(check.interval)), {
    path: ['fast_interval'],
    message: 'expected at most the interval',
    ...always,
  })
  .meta({ description: 'Active checks. Absent: none, a backend takes traffic as soon as it is added.' });
