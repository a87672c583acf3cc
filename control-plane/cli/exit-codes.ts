/** Exit codes. They are part of the interface, because scripts depend on them. */

export const EXIT_OK = 0;
/** The API refused, or the operation failed. */
export const EXIT_FAILED = 1;
/** The command line is wrong, or the configuration is invalid. */
export const EXIT_USAGE = 2;
/** The admin API cannot be reached. */
export const EXIT_UNREACHABLE = 3;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  refused, or failed (config diff: something differs)
  2  wrong usage, or invalid configuration
  3  the admin API cannot be reached, or something else answers there`;

/** Ends the command with a sentence for people and an exit code for scripts. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

/** Something answered, but not the admin API of this release. Trying again does not help. */
export class StrangeAnswer extends CommandFailure {
  constructor(message: string, options?: ErrorOptions) {
    super(EXIT_UNREACHABLE, message, options);
    this.name = 'StrangeAnswer';
  }
}

/** Sets the exit code of a command that has already printed everything. */
export type EndWith = (exitCode: number) => void;
