/**
 * Handles the signals of `tidegate serve`, from the start of the process to its end. A signal during the start or the
 * shutdown is handled like any other. SIGTERM and SIGINT stop the process in order, and a second one stops it at once.
 * SIGHUP reloads. Signals that would harm the process are ignored, and the log says so.
 */
import process from 'node:process';
import { tellIgnoredSignals } from '#shared/platform/ignored-signals.js';
import type { Logger } from '#shared/ports.js';

interface SignalAnswers {
  stop(signal: NodeJS.Signals): void;
  /** A second signal arrived: its sender does not want to wait any longer. */
  stopAtOnce(): void;
  reload(): void;
}

/** Starts to handle signals. Returns the function that stops handling them. */
export function answerSignals(answers: SignalAnswers, logger: Logger): () => void {
  let asked = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (asked) {
      logger.warn({}, `${signal} again: ending at once, running requests are cut`);
      answers.stopAtOnce();
      return;
    }
    asked = true;
    answers.stop(signal);
  };
  const hangUp = (): void => {
    logger.info({}, 'SIGHUP: reloading configuration and certificates');
    answers.reload();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', hangUp);
  const endTelling = tellIgnoredSignals(logger);
  return () => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    process.off('SIGHUP', hangUp);
    endTelling();
  };
}
