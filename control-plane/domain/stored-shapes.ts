/**
 * Shapes that the data of events, the journal and checkpoints share. Bounds are wide: whatever a sound release wrote must
 * be readable, and what would not be readable is refused before it is written (`event-log/codec.ts`).
 */
import { finite, list, oneOf, text } from '#shared/shape.js';
import { ADMIN_STATES, HEALTHS } from '#shared/backend-state.js';

/** Longest text and list within what is stored. */
const MAX_STORED_TEXT = 16 * 1024 * 1024;
export const MAX_STORED_LIST = 1_000_000;

export const words = text(MAX_STORED_TEXT);
export const texts = list(words, MAX_STORED_LIST);
/** Milliseconds since 1970, or a duration; a clock that was wrong counts too. */
export const time = finite(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
export const health = oneOf(...HEALTHS);
export const adminState = oneOf(...ADMIN_STATES);
/** Who knows a backend: the configuration file, or the API alone. */
export const origin = oneOf('file', 'api');
