/**
 * What signals ask of `tidegate serve`, from its first moment to its last: a signal during the start or the shutdown is
 * answered like any other. SIGTERM and SIGINT end it in order, a second one at once; SIGHUP reloads. Others that would
 * harm it are ignored, and said so.
 */
import process from 'node:process';
import { tellIgnoredSignals } from '#shared/platform/ignored-signals.js';
import type { Logger } from '#shared/ports.js';

interface SignalAnswers {
  stop(signal: NodeJS.Signals): void;
  /** A second signal: its sender does not want to wait any longer. */
  stopAtOnce(): void;
  reload(): void;
}

/** Answers the function that leaves signals to the system again. */
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
