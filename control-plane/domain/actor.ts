/** The actor behind a command, and thereby behind the events that follow from the command. */
import { object, oneOf, type TypeOf } from '#shared/shape.js';
import { words } from './stored-shapes.js';

export const ACTOR_KINDS = [
  'file',
  'api',
  'health-check',
  'traffic',
  'supervisor',
  'clock',
  'primary',
] as const;

export const actor = object({ kind: oneOf(...ACTOR_KINDS) }, { name: words });

/** The actor behind a command. `name` is free text for people: a file, an API client, a worker. */
export interface Actor extends TypeOf<typeof actor> {}
