import { parseConfig } from '../../../../control-plane/config/parse-config.js';
import { waitReplicasOf } from '../../../../control-plane/config/redis-settings.js';
import { explainProblem } from '../../../../control-plane/config/format-problem.js';
import { B, type ProblemCase, tellsEachProblem } from '../../../support/config-problems.js';

const C = `${B}cluster: {name: web}\n`;
const URL =
  'expected a URL such as redis://10.0.0.1:6379, rediss:// for TLS, with the number of the database as its path or none';
const ADDRESS = 'expected HOST:PORT such as 10.0.0.1:6379, IPv6 in brackets';

function settings(text: string) {
  const result = parseConfig(`${C}${text}`, '/etc/f.yaml', {}, 2);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.process;
}

describe('settings of Redis', () => {
  const none = {
    url: null,
    sentinels: null,
    name: null,
    cluster: null,
    username: null,
    passwordFile: null,
    sentinelPasswordFile: null,
    tls: null,
  };

  it('are absent unless they are given', () => {
    expect(settings('').redis).toBeUndefined();
  });

  it.each([
    ['redis://10.0.0.1', { host: '10.0.0.1', port: 6379, db: 0, tls: false }],
    ['redis://Cache.example:7000/', { host: 'cache.example', port: 7000, db: 0, tls: false }],
    ['rediss://[fd00::1]:7000/5', { host: 'fd00::1', port: 7000, db: 5, tls: true }],
  ])('give one server by %s', (url, expected) => {
    expect(settings(`redis: {url: "${url}"}`).redis).toEqual({ ...none, waitReplicas: 0, url: expected });
  });

  it('give Sentinels and the name of their servers, with files beside the configuration', () => {
    const text =
      'redis: {sentinels: [a, "b:7", "[::1]:8"], name: main, username: u, password_file: p, sentinel_password_file: s}';
    expect(settings(text).redis).toEqual({
      ...none,
      waitReplicas: 0,
      sentinels: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 7 },
        { host: '::1', port: 8 },
      ],
      name: 'main',
      username: 'u',
      passwordFile: '/etc/p',
      sentinelPasswordFile: '/etc/s',
    });
  });

  it('give two of them, of which one may be absent', () => {
    const text = 'redis: {sessions: {cluster: [a, b], tls: {ca_file: ca.pem}}}';
    expect(settings(text).redis).toEqual({
      ...none,
      waitReplicas: 0,
      sessions: {
        ...none,
        cluster: [
          { host: 'a', port: 6379 },
          { host: 'b', port: 6379 },
        ],
        tls: { caFile: '/etc/ca.pem', certFile: null, keyFile: null, serverName: null },
      },
    });
  });

  it.each([
    ['url: "redis://a"', 0],
    ['url: "redis://a", wait_replicas: 2', 2],
    ['control: {url: "redis://a", wait_replicas: 1}, sessions: {url: "redis://b"}', 1],
    ['sessions: {url: "redis://b"}', 0],
  ])('by %s let changes wait for %i replicas', (redis, expected) => {
    expect(waitReplicasOf(settings(`redis: {${redis}}`).redis)).toBe(expected);
  });

  it('name this host and the file of the secret', () => {
    const text = 'cluster: {name: web, host: web-1.example, secret_file: secret, candidate: false}';
    const result = parseConfig(`${B}${text}`, '/etc/f.yaml', {}, 2);
    expect(result).toMatchObject({
      ok: true,
      config: {
        process: {
          cluster: { name: 'web', host: 'web-1.example', secretFile: '/etc/secret', candidate: false },
        },
      },
    });
  });
});

describe('settings of Redis that cannot be', () => {
  const cases: readonly ProblemCase[] = [
    [
      'nothing',
      `${C}redis: {}\n`,
      'f.yaml:3:8: redis: expected one of url, sentinels, cluster, which say where Redis is',
    ],
    ['a text', `${C}redis: redis://a\n`, 'f.yaml:3:8: redis: expected a mapping of settings'],
    [
      'no name of the hosts',
      `${B}redis: {url: "redis://a"}\n`,
      'f.yaml:2:1: redis: expected cluster.name, too: all hosts with the same name share what is in this Redis',
    ],
    [
      'a password in the URL',
      `${C}redis: {url: "redis://user:pass@a"}\n`,
      'f.yaml:3:14: redis.url: expected a URL without user name and password: the password stands in a file that password_file names, the user in username',
    ],
    ['another scheme', `${C}redis: {url: "http://a"}\n`, `f.yaml:3:14: redis.url: ${URL}`],
    ['a name as database', `${C}redis: {url: "redis://a/x"}\n`, `f.yaml:3:14: redis.url: ${URL}`],
    ['a query', `${C}redis: {url: "redis://a?x=1"}\n`, `f.yaml:3:14: redis.url: ${URL}`],
    ['a port too high', `${C}redis: {url: "redis://a:70000"}\n`, `f.yaml:3:14: redis.url: ${URL}`],
    ['IPv6 without brackets', `${C}redis: {cluster: ["::1"]}\n`, `f.yaml:3:19: redis.cluster.0: ${ADDRESS}`],
    [
      'replicas of a Cluster',
      `${C}redis: {cluster: [a], wait_replicas: 1}\n`,
      'f.yaml:3:23: redis.wait_replicas: expected no cluster beside it: only the server that was written to knows its replicas',
    ],
    [
      'replicas of sessions',
      `${C}redis: {sessions: {url: "redis://a", wait_replicas: 1}}\n`,
      'f.yaml:3:38: redis.sessions.wait_replicas: unknown key; expected one of url, sentinels, name, cluster, username, password_file, sentinel_password_file, tls',
    ],
    [
      'two ways at once',
      `${C}redis: {url: "redis://a", cluster: [b]}\n`,
      'f.yaml:3:27: redis.cluster: expected no cluster beside url: both say where Redis is',
    ],
    [
      'Sentinels without the name of the servers',
      `${C}redis: {sentinels: [a]}\n`,
      'f.yaml:3:9: redis.sentinels: expected name beside it: the set of servers, as the Sentinels know it',
    ],
    [
      'a name without Sentinels',
      `${C}redis: {url: "redis://a", name: x}\n`,
      'f.yaml:3:27: redis.name: expected only together with sentinels',
    ],
    [
      'no Sentinels',
      `${C}redis: {sentinels: [], name: x}\n`,
      'f.yaml:3:20: redis.sentinels: expected a list of HOST:PORT',
    ],
    [
      'TLS beside a URL without',
      `${C}redis: {url: "redis://a", tls: {ca_file: c}}\n`,
      'f.yaml:3:27: redis.tls: expected rediss:// in the URL beside it: with redis:// there is no TLS',
    ],
    [
      'a URL with TLS that is switched off',
      `${C}redis: {url: "rediss://a", tls: {enabled: false}}\n`,
      'f.yaml:3:28: redis.tls: expected redis:// in the URL beside it: with rediss:// there is TLS',
    ],
    [
      'a certificate without key',
      `${C}redis: {url: "rediss://a", tls: {cert_file: c}}\n`,
      'f.yaml:3:34: redis.tls.cert_file: expected key_file beside it',
    ],
    [
      'keys of one beside those of two',
      `${C}redis: {url: "redis://a", sessions: {url: "redis://b"}}\n`,
      'f.yaml:3:9: redis.url: expected inside sessions: a file has the keys of one Redis, or control and sessions',
    ],
    [
      'one of two without address',
      `${C}redis: {control: {}, sessions: {url: "redis://b"}}\n`,
      'f.yaml:3:18: redis.control: expected one of url, sentinels, cluster, which say where Redis is',
    ],
    [
      'an unknown key',
      `${C}redis: {uri: x}\n`,
      'f.yaml:3:8: redis: expected one of url, sentinels, cluster, which say where Redis is',
      'f.yaml:3:9: redis.uri: unknown key; did you mean url?',
    ],
    [
      'a name with a brace',
      `${B}cluster: {name: "a{b"}\n`,
      'f.yaml:2:17: cluster.name: expected a name of 1 to 64 characters A-Z a-z 0-9 . _ - that begins with a letter or digit',
    ],
  ];
  tellsEachProblem(cases);

  it.each([
    'redis://user:pass-word@a',
    'redis://:pass-word@a b',
    'rediss://:pass-word/@pass-word@h',
    'http://u:pass-word@h',
  ])('never show a password: %s', (url) => {
    const text = `${C}redis: {url: "${url}"}\n`;
    const result = parseConfig(text, 'f.yaml', {}, 2);
    if (result.ok) throw new Error('it was accepted');
    const told = result.problems
      .map((problem) => `${JSON.stringify(problem)}${explainProblem(problem, text)}`)
      .join();
    expect(told).toContain('redis.url');
    expect(told).not.toContain('pass-word');
  });
});
