/** The command `why`: prints one sentence, then the chain of events that led there, each with its evidence. */
import type { Command } from 'commander';
import { EventsDocument, WhyDocument } from '../documents/event-documents.js';
import { existingBackend, parseReference, pathOf, type BackendReference } from './backend-reference.js';
import type { ApiClient } from './api-client.js';
import { depsOf } from './command-deps.js';
import { CommandFailure, EXIT_FAILED, EXIT_USAGE } from './exit-codes.js';
import { elsewhereOf, originOf } from './fleet-lines.js';
import { availabilityStyle, paint, print } from './output.js';
import { formatTime, parseTime } from './times.js';

export function whyCommand(program: Command): void {
  program
    .command('why')
    .description('explain why a backend is, or was, in rotation or out of it')
    .argument('<backend>', 'POOL/ID, or ID alone if only one pool has it; it may have been removed')
    .option('--at <time>', 'the time asked about: 2026-01-31T03:00:00Z, or how long ago, such as 10m')
    .action(async (name: string, options: { readonly at?: string }, command: Command) => {
      const at = options.at === undefined ? null : timeOf(options.at);
      const { api, json } = await depsOf(command);
      const backend = await presentOrPast(api, name);
      const query = at === null ? '' : `?at=${encodeURIComponent(new Date(at).toISOString())}`;
      const why = await api.get(`${pathOf(backend)}/why${query}`, WhyDocument);
      if (json) print(JSON.stringify(why, null, 2));
      else print(...whyLines(why, at !== null));
    });
}

function timeOf(text: string): number {
  const at = parseTime(text, Date.now());
  if (at === null) {
    throw new CommandFailure(
      EXIT_USAGE,
      `${text} is not a time; expected 2026-01-31T03:00:00Z, or how long ago, such as 10m or "2h ago".`,
    );
  }
  return at;
}

/** A backend that was removed has a story, too. Its last event says which pool it belonged to. */
async function presentOrPast(api: ApiClient, name: string): Promise<BackendReference> {
  const { pool, id } = parseReference(name);
  if (pool !== null) return { pool, id };
  const { pools } = await api.status();
  if (pools.some(({ backends }) => backends.some((backend) => backend.id === id))) {
    return existingBackend(api, name);
  }
  const query = `backend=${encodeURIComponent(id)}&limit=1`;
  const { events } = await api.get(`/api/v1/events?${query}`, EventsDocument);
  const last = events[0]?.pool;
  if (last === undefined) throw new CommandFailure(EXIT_FAILED, `No pool has, or had, a backend ${id}.`);
  return { pool: last, id };
}

function whyLines(why: WhyDocument, asked: boolean): readonly string[] {
  const style = why.availability === null ? 'yellow' : availabilityStyle(why.availability);
  const lines = [paint(style, why.headline)];
  if (asked) lines.push(`(asked about ${formatTime(why.at)})`);
  const others = elsewhereOf(why.elsewhere);
  if (why.verdict_of !== undefined) lines.push(`(as host ${why.verdict_of} has it)`);
  if (others !== '') lines.push(paint('yellow', others));
  why.steps.forEach((step, index) => {
    if (index === 0) lines.push('');
    if (index === 1 && why.omitted > 0) {
      lines.push(`  … ${why.omitted} events left out; tidegate events shows all …`);
    }
    lines.push(`${paint('dim', `${formatTime(step.at)}  #${step.seq}${originOf(step)}`)}  ${step.sentence}`);
    lines.push(...step.evidence.map((line) => paint('dim', `      ${line}`)));
  });
  return lines;
}
