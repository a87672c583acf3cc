/**
 * The configuration file as one schema, from which the parser, the editor's JSON Schema and the reference are made.
 * Short form: the keys of a pool at the top level. Long form: `pools` and `routes`. What one value says of another
 * (names that must be known, things given twice) is checked in `cross-checks.ts`.
 */
import { z } from 'zod';
import { admin, listen } from './listen-options.js';
import { limits, metrics, retry, timeouts, trustedProxies } from './forwarding-options.js';
import { nameText } from './backend-options.js';
import { pool, poolShape } from './pool-options.js';
import { accept, dataDir, engine, journal, log, workers } from './process-options.js';
import { route } from './route-options.js';

const common = {
  listen,
  workers,
  engine,
  accept,
  data_dir: dataDir,
  admin,
  log,
  journal,
  timeouts,
  limits,
  retry,
  trusted_proxies: trustedProxies,
  metrics,
};

const pools = z
  .record(
    z.string().superRefine((name, context) => {
      const problem = nameText.problemOf(name);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    }),
    pool,
  )
  .meta({
    description: 'Long form: each pool by its name, with the keys of a pool.',
    'x-default': 'short form',
    'x-unit': 'a pool',
  });

const routes = z.array(route).optional().meta({
  description: 'Which requests go to which pool. May be absent where there is one pool.',
  'x-unit': 'list',
});

export const shortForm = z.strictObject({ ...common, ...poolShape });
export const longForm = z.strictObject({ ...common, pools, routes });

/** Every key of both forms, for editors and the reference; the parser tells the forms apart and says what is missing. */
export const anyForm = z.strictObject({
  ...common,
  ...poolShape,
  backends: poolShape.backends.optional(),
  pools: pools.optional(),
  routes,
});

/** Keys that belong to the short form alone. */
export const SHORT_FORM_KEYS = Object.keys(poolShape);

/** Keys that later releases know. */
export const RESERVED_KEYS = ['redis', 'cluster'];

export type CommonInput = z.output<z.ZodObject<typeof common>>;
export type ShortFormInput = z.output<typeof shortForm>;
export type LongFormInput = z.output<typeof longForm>;
