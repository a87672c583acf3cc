import { ROLES, takesTraffic } from '../../../shared/role.js';

describe('roles', () => {
  it('take traffic, but for control', () => {
    expect(ROLES.filter(takesTraffic)).toEqual(['serve', 'worker']);
  });
});
