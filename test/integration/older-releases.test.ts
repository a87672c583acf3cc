/** What older releases have stored and what users have written for them. Later builds must open and mean the same. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseConfig } from '../../control-plane/config/parse-config.js';
import { completedDocument } from '../../control-plane/domain/stored-settings.js';
import { EVENT_LOG_FILE } from '../../control-plane/event-log/sqlite-file.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { foldedFromFirst, replayed, summaryOf } from '../support/log-summary.js';
import { ENDS, RELEASES, RecordedLife, readFixture } from '../support/release-fixture.js';
import { weightChanged } from '../support/sample-events.js';
import { useTempDirs } from '../support/temp-dir.js';

const LIVES = RELEASES.flatMap((release) => ENDS.map((end) => [release, end] as const));

describe.each(LIVES)('the event log of release %s that was %s', (release, end) => {
  const life = new RecordedLife(release, end);
  const tempDir = useTempDirs();

  async function openCopy() {
    const dataDir = join(tempDir(), 'data');
    life.putLogInto(dataDir);
    return { dataDir, log: await openSqliteStorage(dataDir) };
  }

  it('opens with every event, the same state, and the same story of each backend', async () => {
    const { log } = await openCopy();
    expect(await summaryOf(log)).toEqual(life.summary);
    await log.close();
  });

  it('has events that lead to its state, from the first on', async () => {
    const { log } = await openCopy();
    expect(await foldedFromFirst(log)).toEqual(life.summary.state);
    await log.close();
  });

  it('has a journal that leads to its events when it is decided again', async () => {
    const { log } = await openCopy();
    const { problem, entries, events } = await replayed(log);
    expect(problem).toBeNull();
    expect(entries).toBeGreaterThan(events.length);
    expect(events).toEqual(life.summary.events);
    await log.close();
  });

  it('stays with its release where it is damaged', async () => {
    const dataDir = join(tempDir(), 'data');
    life.putLogInto(dataDir);
    const content = (): unknown[] => {
      const db = new DatabaseSync(join(dataDir, EVENT_LOG_FILE));
      const version = db.prepare('PRAGMA user_version').get();
      const rows = db.prepare('SELECT * FROM events ORDER BY seq').all();
      db.close();
      return [version, ...rows];
    };
    const db = new DatabaseSync(join(dataDir, EVENT_LOG_FILE));
    db.exec('UPDATE events SET crc = crc + 1 WHERE seq = (SELECT max(seq) FROM events)');
    db.close();
    const before = content();
    await expect(openSqliteStorage(dataDir)).rejects.toMatchObject({ kind: 'corrupt' });
    expect(content()).toEqual(before);
  });

  it('goes on where it ended, with commands that have numbers of their own', async () => {
    const { dataDir, log } = await openCopy();
    const { events, state } = life.summary;
    const ids = events.map((line) => Number(line.split(' ').at(-1)));
    expect((await log.events.end()).commandId).toBeGreaterThanOrEqual(Math.max(...ids));
    await log.events.append(state.seq, [weightChanged(state.seq + 1)]);
    await log.close();
    const again = await openSqliteStorage(dataDir);
    expect(await again.events.read({ limit: 10_000, order: 'forward' })).toHaveLength(events.length + 1);
    await again.close();
  });
});

describe.each(RELEASES)('a configuration file for release %s', (release) => {
  it.each(['short', 'long'])('means the same in the %s form', (form) => {
    const text = readFixture(release, `config-${form}.yaml`);
    const file = `/etc/tidegate/${form}.yaml`;
    const parsed = parseConfig(text, file, { WEB_HOST: 'web.example' }, 4);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    // Settings that came later have their defaults, and those that have moved are where they belong.
    const { process, document } = JSON.parse(readFixture(release, `settings-${form}.json`));
    expect(parsed.config).toMatchObject({ process, document: completedDocument(document) });
  });
});
