import { chooseAccept, kernelMigratesConnections } from '../../../../control-plane/workers/accept-mode.js';

describe('chooseAccept', () => {
  it.each([
    ['auto', 8080, true, 'reuse-port'],
    ['auto', 8080, false, 'shared'],
    ['auto', 0, true, 'shared'],
    ['reuse-port', 8080, false, 'reuse-port'],
    ['reuse-port', 0, true, 'shared'],
    ['shared', 8080, true, 'shared'],
    ['round-robin', 8080, true, 'round-robin'],
    ['round-robin', 0, false, 'round-robin'],
  ] as const)('%s on port %i, kernel migrates: %s → %s', (mode, port, migrates, expected) => {
    expect(chooseAccept(mode, port, migrates)).toBe(expected);
  });
});

describe('kernelMigratesConnections', () => {
  it('answers on any system', () => {
    expect([true, false]).toContain(kernelMigratesConnections());
  });
});
