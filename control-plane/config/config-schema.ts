/**
 * The configuration file as one schema. The parser, the JSON Schema for editors and the reference are made from it. In
 * the short form, the keys of a pool are at the top level. In the long form, there are `pools` and `routes`. The
 * settings themselves are declared in `shared/settings/` and `process-settings.ts`; this file gives them their places.
 * `cross-checks.ts` checks what one value says about another (unknown names, duplicates).
 */
import { z } from 'zod';
import { backend, route } from '#shared/settings/backend.js';
import { limits, metricsPath, retry, timeouts } from '#shared/settings/forwarding.js';
import { share } from '#shared/settings/amounts.js';
import { choice, Expected, toggle } from '#shared/settings/kind.js';
import * as names from '#shared/settings/names.js';
import { trustedProxies } from '#shared/settings/networks.js';
import { pool as poolSettings } from '#shared/settings/pool.js';
import { log, processSection } from './process-settings.js';
import { kindSchema, sectionKeys, sectionSchema } from './section-schema.js';

/** Parsed settings by their names in the file. */
export type Input = Readonly<Record<string, unknown>>;

const requestLog = {
  access: kindSchema(choice(['off', 'sampled', 'on']), {
    means:
      'Which requests are written to the access log. Unless it is `off`, backends get an `X-Request-ID`: that of a trusted proxy, otherwise a new one. With `off` it is passed on as the client sent it. Applied while running.',
  }).prefault('off'),
  access_sample_ratio: kindSchema(share(0, 1), {
    means: 'Share of requests written with `access: sampled`. Applied while running.',
  }).prefault('1%'),
};

const output = z
  .strictObject({ ...sectionKeys(log), ...requestLog })
  .prefault({})
  .meta({ description: 'What is written to standard output.' });

const metrics = z
  .strictObject({
    prometheus: z
      .strictObject({
        enabled: kindSchema(toggle, {
          means: 'Whether the main listener serves the metrics, too.',
        }).prefault(false),
        path: kindSchema(metricsPath, {
          means: 'Path of the metrics on the main listener. Backends cannot be reached under this path.',
        }).prefault('/metrics'),
      })
      .prefault({})
      .meta({ description: 'Metrics in the text format of Prometheus.' }),
  })
  .prefault({})
  .meta({ description: 'Metrics. The admin listener always has them at `/metrics`.' });

/** What the fleet has one of, beside its pools. */
const forAll = {
  timeouts: sectionSchema(timeouts)
    .prefault({})
    .meta({ description: 'Time limits of requests and connections.' }),
  limits: sectionSchema(limits)
    .prefault({})
    .meta({ description: 'How much one client may send, and how much is kept for one backend.' }),
  retry: sectionSchema(retry)
    .prefault({})
    .meta({ description: 'When a failed attempt is repeated on another backend.' }),
  trusted_proxies: kindSchema(trustedProxies, {
    means:
      'Proxies in front of Tidegate, as addresses or networks (`10.0.0.0/8`), whose `X-Forwarded-*` fields are believed.',
  }).prefault([]),
  metrics,
};

const common = { ...sectionKeys(processSection), log: output, ...forAll };

const backends = z.array(sectionSchema(backend).meta({ description: 'One server.' })).meta({
  description: 'The servers of the pool. `[]`: backends are added at run time through the API.',
  'x-unit': 'list',
  'x-default': 'required',
});

const { algorithm, ...otherPoolKeys } = sectionKeys(poolSettings);
const poolKeys: Readonly<Record<string, z.ZodType>> = {
  ...(algorithm === undefined ? {} : { algorithm }),
  backends,
  ...otherPoolKeys,
};

/**
 * Without `timeouts` and `retry`: at the top level they belong to the whole file, and its only pool needs no others.
 */
const shortPoolKeys = Object.fromEntries(
  Object.entries(poolKeys).filter(([name]) => !Object.hasOwn(common, name)),
);

const pools = z
  .record(
    z.string().superRefine((name, context) => {
      const read = names.poolName.read(name);
      if (read instanceof Expected) context.addIssue({ code: 'custom', message: read.message });
    }),
    z.strictObject(poolKeys).meta({ description: 'One set of backends that share settings.' }),
  )
  .meta({
    description: 'Long form: each pool by its name, with the keys of a pool.',
    'x-default': 'short form',
    'x-unit': 'a pool',
  });

const routes = z
  .array(
    sectionSchema(route).meta({
      description: 'The most specific route wins: a host before any host, then the longest path.',
    }),
  )
  .optional()
  .meta({
    description: 'Which requests go to which pool. Not needed if there is only one pool.',
    'x-unit': 'list',
  });

export const shortForm: z.ZodType<Input> = z.strictObject({ ...common, ...shortPoolKeys });
export const longForm: z.ZodType<Input> = z.strictObject({ ...common, pools, routes });

/**
 * Every key of both forms, for editors and the reference. The parser uses the schema of the form at hand instead,
 * because only that one says which keys are missing.
 */
export const anyForm = z.strictObject({
  ...common,
  ...shortPoolKeys,
  backends: backends.optional(),
  pools: pools.optional(),
  routes,
});

/** The file of a process that has its configuration from its fleet. */
export const workerForm: z.ZodType<Input> = z.strictObject(sectionKeys(processSection));

/** Keys of a configuration, which a fleet has one of. */
export const DOCUMENT_KEYS = [...Object.keys(forAll), ...Object.keys(shortPoolKeys), 'pools', 'routes'];
/** Those inside `log`. */
export const DOCUMENT_LOG_KEYS = Object.keys(requestLog);

/** Keys that only the short form has at the top level. */
export const SHORT_FORM_KEYS = Object.keys(shortPoolKeys);

/** Keys of a pool that only the long form has. */
export const LONG_FORM_KEYS = Object.keys(poolKeys).filter((key) => !SHORT_FORM_KEYS.includes(key));
