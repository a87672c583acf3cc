/** Converts an explanation into the document that the admin API shows. */
import type { WhyDocument } from '../documents/event-documents.js';
import { isoTime } from '../domain/iso-time.js';
import type { Explanation } from '../domain/why.js';

export function whyDocument(explanation: Explanation): WhyDocument {
  const { pool, backend, at, availability, panic, headline, steps, omitted } = explanation;
  return {
    pool,
    backend,
    at: isoTime(at),
    availability,
    panic,
    headline,
    steps: steps.map((step) => ({ ...step, at: isoTime(step.at), at_ms: step.at })),
    omitted,
  };
}
