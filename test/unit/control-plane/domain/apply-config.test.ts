import { fleetOf } from '../../../../control-plane/domain/fleet-state.js';
import {
  definition,
  documentOf,
  only,
  poolSettings,
  story,
  storyOf,
  typesOf,
} from '../../../support/domain.js';

const DOCUMENT = documentOf(poolSettings(), [definition('a')]);
const COMMAND = {
  type: 'ApplyConfig',
  file: 'tidegate.yaml',
  sha256: 'one',
  document: DOCUMENT,
} as const;

describe('applying a configuration', () => {
  it('remembers the file as it was', () => {
    const told = story();
    const event = only(told.when(COMMAND), 'ConfigApplied');
    expect(told.world.state.applied).toEqual({ ...event.data, at: told.at, previous: [] });
  });

  it('is no event when nothing is new', () => {
    const told = story();
    told.when(COMMAND);
    expect(told.when(COMMAND)).toEqual([]);
  });

  it('for a host alone is refused once the host belongs to a fleet', () => {
    const alone = { ...COMMAND, forHostAlone: true } as const;
    expect(typesOf(story().when(alone))).toContain('ConfigApplied');
    const told = story();
    told.when({ type: 'AdoptFleet', fleet: fleetOf(told.world.state), keepsVerdicts: false });
    expect(told.send(alone)).toMatchObject({ kind: 'rejected', rejection: { code: 'invalid' } });
    expect(told.world.state.applied).toBeNull();
    expect(typesOf(told.when(COMMAND))).toContain('ConfigApplied');
  });

  it('is one event when only its name differs', () => {
    const told = story();
    told.when(COMMAND);
    expect(typesOf(told.when({ ...COMMAND, file: 'other.yaml' }))).toEqual(['ConfigApplied']);
  });

  it('remembers the newest 32 of those before, each once', () => {
    const told = story();
    const apply = (n: number) => {
      const document = documentOf(poolSettings(), [definition('a', { weight: n })]);
      told.when({ ...COMMAND, sha256: `${n}`, document });
    };
    for (let n = 1; n <= 40; n += 1) apply(n);
    apply(39);
    const { previous } = told.world.state.applied ?? { previous: [] };
    expect(previous).toHaveLength(32);
    expect(previous.slice(0, 3)).toEqual(['40', '38', '37']);
  });

  it('is an event when the same text means something else, as by a variable', () => {
    const told = story();
    told.when(COMMAND);
    const document = documentOf(poolSettings(), [definition('a', { weight: 5 })]);
    expect(typesOf(told.when({ ...COMMAND, document }))).toEqual(['ConfigApplied', 'BackendSettingsChanged']);
  });

  it('says that the file is good again after a failure', () => {
    const told = story();
    told.when(COMMAND);
    const reject = { type: 'RejectConfig', file: 'tidegate.yaml', problems: ['1:1: no'] } as const;
    expect(typesOf(told.when(reject))).toEqual(['ConfigRejected']);
    expect(told.world.state.rejected).toEqual({ file: 'tidegate.yaml', problems: ['1:1: no'], at: told.at });
    expect(told.when(reject)).toEqual([]);
    expect(typesOf(told.when({ ...reject, problems: ['2:2: no'] }))).toEqual(['ConfigRejected']);
    expect(typesOf(told.when({ ...reject, file: 'x.yaml' }))).toEqual(['ConfigRejected']);
    expect(typesOf(told.when(COMMAND))).toEqual(['ConfigApplied']);
    expect(told.world.state.rejected).toBeNull();
  });

  it('leaves everything as it was when it is rejected', () => {
    const told = storyOf(DOCUMENT);
    const { pools } = told.world.state;
    told.when({ type: 'RejectConfig', file: 'tidegate.yaml', problems: ['1:1: no'] });
    expect(told.world.state.pools).toBe(pools);
  });
});
