/** Events of the configuration as a whole. The changes that a file makes in pools follow as events of their own. */
import { list, object } from '#shared/shape.js';
import { storedDocument, storedForwarding, storedRoute } from '#shared/shape-settings.js';
import { event } from './event-entry.js';
import { completedDocument, completedForwarding, completedRoutes } from './stored-settings.js';
import { MAX_STORED_LIST, texts, words } from './stored-shapes.js';

export const CONFIG_EVENTS = {
  ConfigApplied: event(
    object({ file: words, sha256: words, document: storedDocument, restartNeeded: texts }),
    {
      schema: 1,
      level: 'info',
      complete: (data) => ({ ...data, document: completedDocument(data.document) }),
      evolve: (state, { data, at, fleet }) => ({
        ...state,
        applied: { ...data, at: fleet?.at ?? at },
        rejected: null,
      }),
      observe: null,
    },
  ),
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
