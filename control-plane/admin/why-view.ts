/** Converts an explanation into the document that the admin API shows. */
import type { WhyDocument } from '../documents/event-documents.js';
import { isoTime } from '../domain/iso-time.js';
import type { Explanation } from '../domain/why.js';
import { originDocument } from '../hindsight/event-document.js';

/** @param told whose verdict it is, and what other hosts say now; empty where there is no fleet */
export function whyDocument(
  explanation: Explanation,
  told: Pick<WhyDocument, 'verdict_of' | 'elsewhere'> = {},
): WhyDocument {
  const { pool, backend, at, availability, panic, headline, steps, omitted } = explanation;
  return {
    pool,
    backend,
    at: isoTime(at),
    availability,
    panic,
    headline,
    steps: steps.map(stepDocument),
    omitted,
    ...told,
  };
}

function stepDocument({ fleet, ...step }: Explanation['steps'][number]): WhyDocument['steps'][number] {
  return {
    ...step,
    at: isoTime(step.at),
    at_ms: step.at,
    ...(fleet === undefined ? {} : { fleet: originDocument(fleet) }),
  };
}
