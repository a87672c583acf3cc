import { failureOf, reasonOf } from '../../../../shared/platform/redis-answer.js';

/** As the client makes them of a server's errors. */
function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

describe('why a call failed', () => {
  it.each([
    [
      'a script, Redis 7 and 8',
      "OOM command not allowed when used memory > 'maxmemory'. script: 427cdbf8c992c3a73ebf563a371227a62b2f7283, on @user_script:1.",
      "OOM command not allowed when used memory > 'maxmemory'.",
    ],
    [
      'a script, Valkey 9',
      "OOM command not allowed when used memory > 'maxmemory'. script: on @user_script:1.",
      "OOM command not allowed when used memory > 'maxmemory'.",
    ],
    [
      'a script that names it, Redis 8',
      "ERR ACL failure in script: User u has no permissions to run the 'xadd' command script: 21687fe6eb4041ffc1f900a1248464ec838c81f2, on @user_script:1.",
      "ERR ACL failure in script: User u has no permissions to run the 'xadd' command",
    ],
    [
      'a script that names it, Valkey 9',
      "ERR ACL failure in script: User u has no permissions to run the 'xadd' command script: on @user_script:12.",
      "ERR ACL failure in script: User u has no permissions to run the 'xadd' command",
    ],
    [
      'a command that the server does not know',
      "ERR unknown command 'AUTHX', with args beginning with: 'secret' ",
      "ERR unknown command 'AUTHX'",
    ],
  ])('is told without place and arguments: %s', (_where, message, reason) => {
    expect(reasonOf(replyError(message))).toBe(reason);
    expect(failureOf(replyError(message))).toEqual({
      ok: false,
      kind: 'refused',
      code: reason.split(' ')[0],
      reason,
    });
  });
});
