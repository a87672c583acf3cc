/**
 * What a process does for its fleet, by the command that starts it.
 *
 * | command   | takes traffic | brings a configuration  | may lead                            |
 * | --------- | ------------- | ----------------------- | ----------------------------------- |
 * | `serve`   | yes           | yes                     | unless `cluster.candidate` is false |
 * | `control` | no            | yes                     | yes                                 |
 * | `worker`  | yes           | no: its fleet has one   | no                                  |
 */
export const ROLES = ['serve', 'control', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** Whether processes of this role take traffic. Those that do not, judge no backends either. */
export function takesTraffic(role: Role): boolean {
  return role !== 'control';
}
