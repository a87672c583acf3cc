/** Documents about cookie sessions. */
import type { TypeOf } from '#shared/shape.js';
import * as field from './field.js';
import { name } from './pool-documents.js';

/** 16 bytes in base64url. */
const SESSION_ID = /^[A-Za-z0-9_-]{22}$/;
const CURSOR = /^[A-Za-z0-9_.-]{1,64}$/;
const NUMBER = /^\d{1,4}$/;

/** Most sessions that a client may ask for at once. */
export const MAX_SESSIONS_PER_PAGE = 1_000;
export const DEFAULT_SESSIONS_PER_PAGE = 100;

export const SessionsDocument = field.named(
  'Sessions',
  field.object({
    sessions: field.list(
      field.object({
        session: field.text('Id of the session. Its cookie contains the id and a signature.'),
        backend: field.nullable(
          field.text(),
          'Backend of its requests; null: it was ended, and a backend is newly chosen for its next request.',
        ),
        left_ms: field.count('Milliseconds until it expires if it is not used.'),
      }),
    ),
    next: field.nullable(
      field.text(),
      'The value of `after` for the next page; null: this is the last page.',
    ),
  }),
);
export interface SessionsDocument extends TypeOf<typeof SessionsDocument> {}

export const SessionsQuery = field.object(
  {},
  {
    after: field.matching(CURSOR, '`next` of the page before.'),
    limit: field.matching(
      NUMBER,
      `About how many, 1 to ${MAX_SESSIONS_PER_PAGE}; ${DEFAULT_SESSIONS_PER_PAGE} if not given.`,
    ),
  },
);
export interface SessionsQuery extends TypeOf<typeof SessionsQuery> {}

export const SessionParams = field.object({
  pool: name('Name of the pool.'),
  session: field.matching(SESSION_ID, 'Id of the session.'),
});
