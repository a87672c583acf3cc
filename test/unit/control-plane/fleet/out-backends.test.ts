import { backendsOut, MAX_OUT } from '../../../../control-plane/fleet/out-backends.js';
import { readReport, reportText } from '../../../../control-plane/fleet/host-report.js';
import { backendId } from '../../../../shared/ids.js';
import { definition, documentOf, healthCheck, POOL, poolSettings, storyOf } from '../../../support/domain.js';
import { hostReport } from '../../../support/fleet/host-views.js';

const CHECKED = poolSettings({ healthCheck: healthCheck({ failureThreshold: 1 }) });

describe('the backends that a host does not use by its own verdict', () => {
  it('are those that failed or were not checked, the worst first, without what operators took out', () => {
    const story = storyOf(
      documentOf(
        CHECKED,
        ['a', 'b', 'c', 'd'].map((id) => definition(id)),
      ),
    );
    for (const id of ['b', 'd']) story.check(id, true);
    story.at += 1_000;
    story.check('c', false);
    const admin = 'maintenance';
    const change = { type: 'ChangeBackend', pool: POOL, changes: {}, expectedVersion: null, admin } as const;
    story.when({ ...change, backend: backendId('d') });
    const { out, outTotal } = backendsOut(story.world.state);
    expect(out).toEqual([
      { pool: POOL, backend: 'c', availability: 'unhealthy', since: story.at },
      { pool: POOL, backend: 'a', availability: 'unchecked', since: story.at - 1_000 },
    ]);
    expect(outTotal).toBe(2);
  });

  it('are told by name up to a limit, and counted beyond it', () => {
    const names = Array.from({ length: MAX_OUT + 7 }, (_, index) => `b${index}`);
    const story = storyOf(
      documentOf(
        CHECKED,
        names.map((id) => definition(id)),
      ),
    );
    story.check('b56', false);
    const found = backendsOut(story.world.state);
    expect(found.outTotal).toBe(MAX_OUT + 7);
    expect(found.out).toHaveLength(MAX_OUT);
    expect(found.out[0]).toMatchObject({ backend: 'b56', availability: 'unhealthy' });
    expect(readReport(reportText(hostReport(found)))).toMatchObject({ ok: true, value: found });
  });

  it('may be missing in the report of an older release', () => {
    const { out: _out, outTotal: _total, ...older } = hostReport();
    expect(readReport(JSON.stringify(older))).toEqual({ ok: true, value: older });
  });
});
