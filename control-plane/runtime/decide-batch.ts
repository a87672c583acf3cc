/**
 * Decides commands one after the other, each on the world that the previous one has left. Neither stores nor sends anything.
 */
import type { Command } from '../domain/commands.js';
import { decide } from '../domain/decide.js';
import type { Decision, World } from '../domain/decision.js';
import type { TidegateEvent } from '../domain/events.js';
import type { JournalWriter } from './journal-writer.js';
import type { Decided } from './unstored.js';

/** The results of a batch of commands. */
export interface Decisions extends Decided {
  /** One decision per command, in order. */
  readonly decisions: readonly Decision[];
  readonly world: World;
}

/** @param journal receives the accepted commands */
export function decideBatch(commands: readonly Command[], before: World, journal: JournalWriter): Decisions {
  let world = before;
  const events: TidegateEvent[] = [];
  const decisions = commands.map((command) => {
    const decision = decide(command, world);
    if (decision.kind === 'rejected') return decision;
    journal.record(command, decision, world);
    world = decision.world;
    for (const event of decision.events) events.push(event);
    return decision;
  });
  return { decisions, events, entries: journal.take(), after: world.state, world };
}
