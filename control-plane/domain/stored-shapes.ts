/**
 * Shapes that events, the journal and checkpoints share. The bounds are wide, because everything that a sound release wrote
 * must be readable. A value that would not be readable is refused before it is written (`event-log/codec.ts`).
 */
import { finite, list, oneOf, text } from '#shared/shape.js';
import { ADMIN_STATES, HEALTHS } from '#shared/backend-state.js';

/** The longest stored text, in characters, and the longest stored list. */
const MAX_STORED_TEXT = 16 * 1024 * 1024;
export const MAX_STORED_LIST = 1_000_000;

export const words = text(MAX_STORED_TEXT);
export const texts = list(words, MAX_STORED_LIST);
/** Milliseconds since 1970, or a duration in milliseconds. The range includes the times of a wrong clock. */
export const time = finite(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
export const health = oneOf(...HEALTHS);
export const adminState = oneOf(...ADMIN_STATES);
/** The source of a backend: the configuration file, or the API alone. */
export const origin = oneOf('file', 'api');
