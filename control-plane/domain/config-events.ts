/** Events of the configuration as a whole. Changes of pools by a file follow as separate events. */
import { list, object } from '#shared/shape.js';
import { storedDocument, storedForwarding, storedRoute } from '#shared/shape-settings.js';
import { event } from './event-entry.js';
import { completedDocument, completedForwarding, completedRoutes } from './stored-settings.js';
import type { AppliedConfig } from './state.js';
import { MAX_STORED_LIST, texts, words } from './stored-shapes.js';

/** How many earlier configurations are remembered. The number suffices for hosts that were away during many changes. */
const MAX_PREVIOUS = 32;

export const CONFIG_EVENTS = {
  ConfigApplied: event(object({ file: words, sha256: words, document: storedDocument }), {
    schema: 2,
    level: 'info',
    complete: (data) => ({ ...data, document: completedDocument(data.document) }),
    evolve: (state, { data, at, fleet }) => ({
      ...state,
      applied: { ...data, at: fleet?.at ?? at, previous: hashesBefore(state.applied, data.sha256) },
      rejected: null,
    }),
    observe: null,
  }),
  ConfigRejected: event(object({ file: words, problems: texts }), {
    schema: 1,
    level: 'warn',
    evolve: (state, { data, at }) => ({ ...state, rejected: { ...data, at } }),
    observe: null,
  }),
  ForwardingChanged: event(object({ forwarding: storedForwarding }), {
    schema: 1,
    level: 'info',
    complete: ({ forwarding }) => ({ forwarding: completedForwarding(forwarding) }),
    evolve: (state, { data }) => ({ ...state, forwarding: data.forwarding }),
    observe: null,
  }),
  RoutesChanged: event(object({ routes: list(storedRoute, MAX_STORED_LIST) }), {
    schema: 1,
    level: 'info',
    complete: ({ routes }) => ({ routes: completedRoutes(routes) }),
    evolve: (state, { data }) => ({ ...state, routes: data.routes }),
    observe: null,
  }),
};

/** Hashes of earlier configurations, newest first, without the present one. */
function hashesBefore(applied: AppliedConfig | null, now: string): readonly string[] {
  if (applied === null) return [];
  const known = [applied.sha256, ...applied.previous].filter((sha256) => sha256 !== now);
  return known.slice(0, MAX_PREVIOUS);
}
