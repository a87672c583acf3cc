/** A directory without sessions. */
import type { SessionDirectory } from '../../control-plane/sessions/session-directory.js';

export const noSessions: SessionDirectory = {
  count: () => 0,
  page: () => Promise.resolve({ kind: 'ok', sessions: [], next: null }),
  end: () => Promise.resolve({ kind: 'unknown' }),
  sweep: () => Promise.resolve(),
};
