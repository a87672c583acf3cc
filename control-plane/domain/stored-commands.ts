/**
 * Lifts commands in the observation journal of older releases, so that they decide the same again. Unknown settings get
 * their defaults, and older forms are converted.
 */
import type { BackendSettings } from '#shared/settings/backend.js';
import type { Changes } from '#shared/settings/choose.js';
import type { CommandType } from './command-types.js';
import type { CommandOf } from './commands.js';
import { completedBackend, completedDocument, completedPool } from './stored-settings.js';

const LIFTS: { readonly [T in CommandType]?: (command: CommandOf<T>) => CommandOf<T> } = {
  ApplyConfig: (command) => ({ ...command, document: completedDocument(command.document) }),
  AddBackend: (command) => ({ ...command, backend: completedBackend(command.backend) }),
  ChangePool: (command) => ({ ...command, settings: completedPool(command.pool, command.settings) }),
  ChangeBackend: withChanges,
};

/** The shape of a journal entry has checked the settings, but not the type, which may be any text. */
export function liftedCommand<T extends CommandType>(command: CommandOf<T>): CommandOf<T> {
  return Object.hasOwn(LIFTS, command.type) ? (LIFTS[command.type]?.(command) ?? command) : command;
}

/** Before 0.1.0, each setting of a backend was a separate field. */
function withChanges(
  command: CommandOf<'ChangeBackend'> & Changes<BackendSettings>,
): CommandOf<'ChangeBackend'> {
  const { weight, maxConnections, ...rest } = command;
  if (weight === undefined && maxConnections === undefined) return command;
  const changes = {
    ...(weight === undefined ? {} : { weight }),
    ...(maxConnections === undefined ? {} : { maxConnections }),
  };
  return { ...rest, changes };
}
