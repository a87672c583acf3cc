/** A host's own control loop, as those see it who follow the fleet's log for it. */
import type { CommandDraft } from '../domain/commands.js';
import type { Decision, World } from '../domain/decision.js';

export interface OwnLoop {
  readonly world: World;
  /** Resolves once the command is decided and in force. Waits where the loop has too much to do. */
  submit(draft: CommandDraft): Promise<Decision | { readonly kind: 'mailbox-full' }>;
}
