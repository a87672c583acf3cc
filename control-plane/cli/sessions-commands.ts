/** The commands `sessions …`: list and end the cookie sessions of a pool. */
import type { Command } from 'commander';
import { MAX_SESSIONS_PER_PAGE, SessionsDocument } from '../documents/session-documents.js';
import { confirmed } from './confirm.js';
import { depsOf, type CommandDeps } from './command-deps.js';
import { print } from './output.js';
import { formatTable } from './table.js';
import { formatSpan } from './times.js';

interface ListOptions {
  readonly all?: boolean;
}

interface FlushOptions {
  readonly yes?: boolean;
}

/** How many sessions are listed without `--all`. */
const FEW = 100;

type Listed = SessionsDocument['sessions'][number];

export function sessionsCommands(program: Command): void {
  const sessions = program.command('sessions').description('list and end cookie sessions');
  sessions
    .command('list')
    .description(`list about ${FEW} sessions of a pool; with Redis those of all hosts`)
    .argument('<pool>', 'name of a pool')
    .option('--all', 'list all of them')
    .action(async (pool: string, options: ListOptions, command: Command) => {
      await list(await depsOf(command), pool, options.all === true);
    });
  sessions
    .command('flush')
    .description('end all sessions of a pool; the next request of each client begins a new one')
    .argument('<pool>', 'name of a pool')
    .option('--yes', 'do not ask')
    .action(async (pool: string, options: FlushOptions, command: Command) => {
      const { api, json } = await depsOf(command);
      if (options.yes !== true) await confirmed(`End all sessions of pool ${pool}?`, 'end them');
      await api.delete(pathOf(pool));
      print(json ? JSON.stringify({ flushed: pool }) : `all sessions of pool ${pool} are over`);
    });
  sessions
    .command('end')
    .description('take a session from its backend; one is newly chosen for its next request')
    .argument('<pool>', 'name of a pool')
    .argument('<session>', 'id of the session, as listed')
    .action(async (pool: string, session: string, _options: unknown, command: Command) => {
      const { api, json } = await depsOf(command);
      await api.delete(`${pathOf(pool)}/${encodeURIComponent(session)}`);
      print(
        json ? JSON.stringify({ ended: { pool, session } }) : `session ${session} is taken from its backend`,
      );
    });
}

function pathOf(pool: string): string {
  return `/api/v1/pools/${encodeURIComponent(pool)}/sessions`;
}

async function list({ api, json }: CommandDeps, pool: string, all: boolean): Promise<void> {
  const found = new Map<string, Listed>();
  let next: string | null = null;
  do {
    const query = `limit=${all ? MAX_SESSIONS_PER_PAGE : FEW}${next === null ? '' : `&after=${next}`}`;
    const page: SessionsDocument = await api.get(`${pathOf(pool)}?${query}`, SessionsDocument);
    // A store that changes meanwhile may list a session twice.
    for (const session of page.sessions) found.set(session.session, session);
    next = page.next;
  } while (next !== null && (all || found.size < FEW));
  const sessions = [...found.values()];
  if (json) {
    print(JSON.stringify({ sessions, more: next !== null }, null, 2));
    return;
  }
  if (sessions.length === 0) {
    print(`no sessions of pool ${pool} are known`);
    return;
  }
  print(
    ...formatTable(
      ['SESSION', 'BACKEND', 'KEPT FOR'],
      sessions.map(({ session, backend, left_ms: leftMs }) => [
        session,
        backend ?? '(ended)',
        formatSpan(leftMs),
      ]),
    ),
  );
  if (next !== null) print('there are more: --all lists them');
}
