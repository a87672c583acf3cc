/** What older releases have stored and what users have written for them. Later builds must open and mean the same. */
import { join } from 'node:path';
import { parseConfig } from '../../control-plane/config/parse-config.js';
import { openSqliteStorage } from '../../control-plane/event-log/sqlite-storage.js';
import { recover } from '../../control-plane/event-log/recover.js';
import { replayed, summaryOf } from '../support/log-summary.js';
import { RELEASES, ReleaseFixture } from '../support/release-fixture.js';
import { useTempDirs } from '../support/temp-dir.js';
import { weightChanged } from '../support/sample-events.js';

describe.each(RELEASES)('the event log of release %s', (release) => {
  const fixture = new ReleaseFixture(release);
  const tempDir = useTempDirs();

  async function openCopy() {
    const dataDir = join(tempDir(), 'data');
    fixture.putLogInto(dataDir);
    return { dataDir, log: await openSqliteStorage(dataDir) };
  }

  it('opens with every event, the same state, and the same story of each backend', async () => {
    const { log } = await openCopy();
    expect(await summaryOf(log)).toEqual(fixture.logSummary);
    await log.close();
  });

  it('has a journal that leads to its events when it is decided again', async () => {
    const { log } = await openCopy();
    const { problem, entries, events } = await replayed(log);
    expect(problem).toBeNull();
    expect(entries).toBeGreaterThan(events.length);
    expect(events).toEqual(fixture.logSummary.events);
    await log.close();
  });

  it('goes on where it ended, with commands that have numbers of their own', async () => {
    const { dataDir, log } = await openCopy();
    const { events } = fixture.logSummary;
    const { seq } = fixture.logSummary.state;
    const { lastCommandId } = await recover(log);
    const ids = events.map((line) => Number(line.split(' ').at(-1)));
    expect(lastCommandId).toBeGreaterThanOrEqual(Math.max(...ids));
    await log.events.append(seq, [weightChanged(seq + 1)]);
    await log.close();
    const again = await openSqliteStorage(dataDir);
    expect(await again.events.read({ limit: 10_000, order: 'forward' })).toHaveLength(events.length + 1);
    await again.close();
  });
});

describe.each(RELEASES)('a configuration file for release %s', (release) => {
  const fixture = new ReleaseFixture(release);

  it.each(['short', 'long'])('means the same in the %s form', (form) => {
    const text = fixture.read(`config-${form}.yaml`);
    const file = `/etc/tidegate/${form}.yaml`;
    const parsed = parseConfig(text, file, { WEB_HOST: 'web.example' }, 4);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    // Settings that came later have their defaults.
    expect(parsed.config).toMatchObject(JSON.parse(fixture.read(`settings-${form}.json`)));
  });
});
