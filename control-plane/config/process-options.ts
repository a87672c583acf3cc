/** Options of the processes themselves. Changing one needs a restart, except where it says otherwise. */
import { z } from 'zod';
import { duration, integer, share, size } from './amount-options.js';
import { choice, path } from './option.js';

/** The engine of a file that names none. */
export const DEFAULT_ENGINE = 'native';

/** Most workers that may be asked for, and most that are started by default. */
export const MAX_WORKERS = 256;

export const workers = integer(
  { min: 1, max: MAX_WORKERS },
  { describe: 'Processes that forward traffic.', defaultText: 'number of available cores' },
).optional();

export const engine = choice(['native', 'compat'], {
  describe: 'What forwards HTTP/1.1: Tidegate’s own engine, or http-proxy-3.',
}).prefault(DEFAULT_ENGINE);

export const accept = choice(['auto', 'reuse-port', 'shared', 'round-robin'], {
  describe:
    'How workers share the port: one socket each (`reuse-port`), one socket for all (`shared`), or handed out by ' +
    'the primary (`round-robin`: no service while the primary is dead, none lost before and after). `auto`: ' +
    '`reuse-port` where the kernel loses no connection by it (`net.ipv4.tcp_migrate_req` is 1), else `shared`.',
}).prefault('auto');

export const dataDir = path({
  describe: 'Directory of the event log, its journal and the key that signs session cookies.',
}).prefault('./data');

export const log = z
  .strictObject({
    level: choice(['debug', 'info', 'warn', 'error', 'fatal'], {
      describe: 'Least severity that is written.',
    }).prefault('info'),
    format: choice(['auto', 'json', 'pretty'], {
      describe:
        'One JSON object per line, or text for people; of events and requests alike. `auto`: `pretty` on a terminal, else `json`.',
    }).prefault('auto'),
    access: choice(['off', 'sampled', 'on'], {
      describe:
        'Which requests are written to the access log. Unless `off`, backends are sent `X-Request-ID`: that of a trusted proxy, else a new one; with `off` it is passed as the client sent it. Applied while running.',
    }).prefault('off'),
    access_sample_ratio: share(
      { min: 0, max: 1 },
      { describe: 'Share of requests written with `access: sampled`. Applied while running.' },
    ).prefault('1%'),
  })
  .prefault({})
  .meta({ description: 'What is written to standard output.' });

export const journal = z
  .strictObject({
    retention: duration(
      { min: '0', max: '365d' },
      { describe: 'How long observations are kept. 0: none are kept.' },
    ).prefault('7d'),
    max_size: size(
      { min: 1_048_576, max: 68_719_476_736 },
      { describe: 'Size from which the oldest observations are dropped.' },
    ).prefault('256MiB'),
    keep_events: integer(
      { min: 1_000, max: 100_000_000 },
      {
        describe:
          'Newest events of the event log that are always kept, for `why` and `events`. Older ones go when no kept observation needs them.',
      },
    ).prefault(100_000),
  })
  .prefault({})
  .meta({
    description:
      'The observation journal: results of checks and outcomes of requests, by which each decision was made. State does not need it.',
  });
