/**
 * What a leader makes of the writes that wait: the events and answers of one append. Pure. Writes of its own host and those that
 * other hosts posted are decided alike, in the order in which they came.
 */
import type { Command, CommandDraft } from '../domain/commands.js';
import { decide } from '../domain/decide.js';
import type { Decision, Rejection, World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import { answerText, readWrite, type WriteAnswer } from './fleet-writes.js';
import { type AnswerEntry, type InboxEntry, NO_ENTRY } from './fleet-store.js';

/** What became of a write that a leader decided. */
export type Decided =
  | { readonly kind: 'accepted'; readonly seq: number; readonly events: number }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

/** A write that waits: of this host, or from the inbox. */
export type Waiting =
  | { readonly from: 'here'; readonly draft: CommandDraft }
  | { readonly from: 'inbox'; readonly entry: InboxEntry };

export interface TermBatch {
  readonly world: World;
  readonly events: readonly TidegateEvent[];
  readonly answers: readonly AnswerEntry[];
  /** Id of the last command. */
  readonly command: number;
  /** The entry of the inbox that is answered last; `0-0`: none is. */
  readonly inbox: string;
  /** The earliest deadline of what is carried out. */
  readonly notAfter: number;
  /** Of each write, in order; `null` for those from the inbox, which have answers. */
  readonly decided: readonly (Decided | null)[];
}

interface BatchOptions {
  readonly world: World;
  readonly epoch: number;
  /** By the fleet's clock. */
  readonly now: number;
  readonly stamp: (draft: CommandDraft) => Command;
}

export function decideWrites(waiting: readonly Waiting[], options: BatchOptions): TermBatch {
  let { world } = options;
  let inbox = NO_ENTRY;
  let notAfter = Infinity;
  let command = 0;
  const events: TidegateEvent[] = [];
  const answers: AnswerEntry[] = [];
  const take = (draft: CommandDraft): Decided => {
    const stamped = options.stamp(draft);
    command = stamped.id;
    const decision: Decision = decide(stamped, world, 'fleet');
    if (decision.kind === 'rejected') return decision;
    world = decision.world;
    events.push(...decision.events);
    return { kind: 'accepted', seq: world.state.seq, events: decision.events.length };
  };
  const answer = (entry: InboxEntry): WriteAnswer => {
    const refused = refusal(entry, options);
    if (refused !== null) return refused;
    const write = readWrite(entry.text);
    if (!write.ok) return { kind: 'rejected', code: 'invalid', message: write.problem };
    const decided = take(write.value);
    if (decided.kind === 'rejected') return { kind: 'rejected', ...decided.rejection };
    notAfter = Math.min(notAfter, entry.until);
    return { ...decided, epoch: options.epoch };
  };
  const decided = waiting.map((one) => {
    if (one.from === 'here') return take(one.draft);
    inbox = one.entry.id;
    answers.push({ nonce: one.entry.nonce, text: answerText(answer(one.entry)) });
    return null;
  });
  // An append has a command even where none was decided, because by its number an earlier copy is told from a new one.
  if (command === 0) command = options.stamp({ type: 'AdvanceTime', actor: { kind: 'primary' } }).id;
  return { world, events, answers, command, inbox, notAfter, decided };
}

/** Writes that are not carried out, whatever they say. */
function refusal(entry: InboxEntry, { epoch, now }: BatchOptions): WriteAnswer | null {
  if (entry.epoch !== epoch) return { kind: 'moved' };
  return entry.until < now ? { kind: 'expired' } : null;
}
