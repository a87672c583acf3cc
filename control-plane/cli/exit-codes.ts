/** How the command line ends. The codes are part of its interface: scripts depend on them. */

export const EXIT_OK = 0;
/** The API said no, or the operation failed. */
export const EXIT_FAILED = 1;
/** The command line is wrong, or the configuration is not valid. */
export const EXIT_USAGE = 2;
/** The admin API cannot be reached. */
export const EXIT_UNREACHABLE = 3;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  refused, or failed; of config diff: something differs
  2  wrong use, or invalid configuration
  3  the admin API cannot be reached, or something else answers there`;

/** Ends the command with a sentence for people and a code for scripts. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

/** What answered is not the admin API of this release; trying again does not help. */
export class StrangeAnswer extends CommandFailure {
  constructor(message: string, options?: ErrorOptions) {
    super(EXIT_UNREACHABLE, message, options);
    this.name = 'StrangeAnswer';
  }
}

/** Tells the exit code of a command that has printed all there is to say. */
export type EndWith = (exitCode: number) => void;
