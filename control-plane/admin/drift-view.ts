/** Shows what run-time changes made different from the file, in the words and units of the file. */
import { backend as backendSection } from '#shared/settings/backend.js';
import { pool as poolSection } from '#shared/settings/pool.js';
import type { Section } from '#shared/settings/section.js';
import { writtenField, writtenOf } from '../config/settings-of.js';
import { driftOf, type Drift } from '../domain/drift.js';
import { actorWords } from '../domain/event-words.js';
import type { ControlState } from '../domain/state.js';
import type { ConfigDifference } from '../documents/config-documents.js';
import { isoTime } from '../domain/iso-time.js';
import type { RunTimeChanges } from './run-time-changes.js';

/** A difference as the domain knows it, and as the API shows it. */
export interface PlacedDifference {
  readonly drift: Drift;
  readonly document: ConfigDifference;
}

export function differencesOf(state: ControlState, changes: RunTimeChanges): readonly PlacedDifference[] {
  return driftOf(state).map((drift) => {
    const change = changes.of(drift);
    const changed =
      change === null ? null : { seq: change.seq, at: isoTime(change.at), by: actorWords(change.actor) };
    return { drift, document: { ...differenceOf(drift), changed } };
  });
}

export function driftDocuments(state: ControlState, changes: RunTimeChanges): readonly ConfigDifference[] {
  return differencesOf(state, changes).map(({ document }) => document);
}

function differenceOf(drift: Drift): Omit<ConfigDifference, 'changed'> {
  const { pool, backend, setting, file, live } = drift;
  const place = `pools.${pool}${backend === undefined ? '' : `.backends.${backend}`}`;
  if (setting === 'backend') {
    return { path: place, file: entryOf(file), live: entryOf(live) };
  }
  const section: Section<unknown> = backend === undefined ? poolSection : backendSection;
  const field = section.fields[setting];
  if (field === undefined) return { path: place, file, live };
  return { path: `${place}.${field.name}`, file: writtenField(field, file), live: writtenField(field, live) };
}

/** A backend that only one side has; `null` for the side that lacks it. */
function entryOf(definition: unknown): Readonly<Record<string, unknown>> | null {
  if (definition === null) return null;
  const { id: _id, ...entry } = writtenOf<unknown>(backendSection, definition);
  return entry;
}
