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
  restartNeeded: [],
} as const;

describe('applying a configuration', () => {
  it('remembers the file as it was', () => {
    const told = story();
    const event = only(told.when({ ...COMMAND, restartNeeded: ['listen.port'] }), 'ConfigApplied');
    expect(told.world.state.applied).toEqual({ ...event.data, at: told.at });
  });

  it('is no event when nothing is new', () => {
    const told = story();
    told.when(COMMAND);
    expect(told.when(COMMAND)).toEqual([]);
  });

  it.each([
    ['text differs', { sha256: 'two' }],
    ['name differs', { file: 'other.yaml' }],
    ['other settings wait for a restart', { restartNeeded: ['workers'] }],
  ])('is one event when only its %s', (_name, over) => {
    const told = story();
    told.when(COMMAND);
    expect(typesOf(told.when({ ...COMMAND, ...over }))).toEqual(['ConfigApplied']);
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
