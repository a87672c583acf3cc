/**
 * Documents about the configuration: what is in force, how it differs from the file, and the result of loading a file.
 */
import type { TypeOf } from '#shared/shape.js';
import * as field from './field.js';
import { FieldProblem } from './problem-document.js';

/** A load of the configuration file that was refused. */
export const RejectedLoad = field.object({
  at: field.time(),
  problems: field.list(field.text(), 'As file:line:col: what was found and expected.'),
});
export interface RejectedLoad extends TypeOf<typeof RejectedLoad> {}

/** Absent where there is no fleet. */
export const FileStandingField = field.nullable(
  field.oneOf(['in-force', 'older', 'not-applied']),
  'What the file of this host is to its fleet. in-force: what the file says was applied last. older: it was in force before, and another one is now. not-applied: it never was. null: it is not valid.',
);

export const ConfigDifference = field.named(
  'Difference',
  field.object({
    path: field.text('Where: `pools.web.backends.a.weight`.'),
    file: field.anything('What the file says; null: nothing.'),
    live: field.anything('What is in force; null: nothing.'),
    changed: field.nullable(
      field.object({ seq: field.count('Number of the event.'), at: field.time(), by: field.text() }),
      'The event that made the difference; null: it is too old to be known.',
    ),
  }),
);
export interface ConfigDifference extends TypeOf<typeof ConfigDifference> {}

export const ConfigViewDocument = field.named(
  'Config',
  field.object(
    {
      file: field.text(),
      sha256: field.nullable(
        field.text(
          'SHA-256 of the pools, routes and settings of the applied file in a normal form, which is the same on all hosts.',
        ),
      ),
      applied_at: field.nullable(field.time()),
      restart_needed: field.list(
        field.text(),
        'Settings of the file that differ from those in force and need a restart.',
      ),
      last_rejected: field.nullable(RejectedLoad, 'The load that was refused since the last one applied.'),
      drift: field.list(ConfigDifference, 'What run-time changes made different from the file.'),
      live: field.open('What is in force.'),
    },
    { file_standing: FileStandingField },
  ),
);
export interface ConfigViewDocument extends TypeOf<typeof ConfigViewDocument> {}

export const DriftDocument = field.named(
  'Drift',
  field.object({
    file: field.text(),
    version: field.count('The version that If-Match of a reset has to name.'),
    differences: field.list(ConfigDifference),
  }),
);
export interface DriftDocument extends TypeOf<typeof DriftDocument> {}

export const ResetDocument = field.named(
  'Reset',
  field.object({
    reset: field.list(field.text(), 'Places that were set back to the file.'),
    drift: field.count('Differences that are left.'),
  }),
);

/** Longest path accepted, in characters: the names of a pool and of a backend, and the words around them. */
const MAX_PATH_LENGTH = 200;

/** What to set back to the file: exactly one of `path` and `all`. */
export const ResetRequest = field.withKeywords(
  field.object(
    {},
    {
      path: field.withKeywords(
        field.text(
          'A path of GET /config/drift, or the beginning of several: pools.web.backends.a.weight, pools.web.backends.a, pools.web.',
        ),
        { maxLength: MAX_PATH_LENGTH },
      ),
      all: field.withKeywords(field.flag('Everything that differs.'), { enum: [true] }),
    },
  ),
  { minProperties: 1, maxProperties: 1 },
);

export const ValidationDocument = field.named(
  'Validation',
  field.object({ valid: field.flag(), problems: field.list(FieldProblem) }),
);

export const ReloadQuery = field.object(
  {},
  {
    force: field.oneOf(
      ['true', 'false'],
      'true: apply the file even if the fleet had it before and has another one now.',
    ),
  },
);

export const ReloadDocument = field.named(
  'Reload',
  field.object({
    result: field.oneOf(
      ['applied', 'unchanged', 'older'],
      'older: a fleet has had this file before and has another configuration now; nothing was changed.',
    ),
    events: field.count(),
    restart_needed: field.list(field.text()),
    drift: field.count('Places in which run-time changes differ from the file.'),
  }),
);
export interface ReloadDocument extends TypeOf<typeof ReloadDocument> {}
