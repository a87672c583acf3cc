import { parseConfig } from '../../../../control-plane/config/parse-config.js';
import { processChanges } from '../../../../control-plane/config/process-changes.js';

function settings(text: string) {
  const result = parseConfig(`backends: []\n${text}`, '/etc/f.yaml', {}, 2);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.process;
}

describe('settings that need a restart', () => {
  it('are none when the file says the same in other words', () => {
    expect(
      processChanges(settings(''), settings('listen: {port: 8080}\nworkers: 2\njournal: {retention: 168h}')),
    ).toEqual([]);
  });

  it.each([
    ['listen: {host: "::"}', 'listen.host: 0.0.0.0 in force, :: in the file'],
    ['listen: {port: 9090}', 'listen.port: 8080 in force, 9090 in the file'],
    ['admin: {host: localhost}', 'admin.host: 127.0.0.1 in force, localhost in the file'],
    ['admin: {port: 1}', 'admin.port: 9900 in force, 1 in the file'],
    ['admin: {token_file: t}', 'admin.token_file: none in force, /etc/t in the file'],
    ['workers: 3', 'workers: 2 in force, 3 in the file'],
    ['engine: compat', 'engine: native in force, compat in the file'],
    ['accept: shared', 'accept: auto in force, shared in the file'],
    ['data_dir: /d', 'data_dir: /etc/data in force, /d in the file'],
    ['log: {level: debug}', 'log.level: info in force, debug in the file'],
    ['log: {format: json}', 'log.format: auto in force, json in the file'],
    ['journal: {retention: 90m}', 'journal.retention: 7d in force, 1h30m in the file'],
    ['listen: {h2: false}', 'listen.h2: true in force, false in the file'],
    ['journal: {retention: 0}', 'journal.retention: 7d in force, 0 in the file'],
    ['journal: {max_size: 5MB}', 'journal.max_size: 256MiB in force, 5000000B in the file'],
  ])('%s', (text, change) => {
    expect(processChanges(settings(''), settings(text))).toEqual([change]);
  });

  it('name TLS and its files', () => {
    expect(processChanges(settings('listen: {tls: {cert_file: c, key_file: k}}'), settings(''))).toEqual([
      'listen.tls.enabled: true in force, false in the file',
      'listen.tls.cert_file: /etc/c in force, none in the file',
      'listen.tls.key_file: /etc/k in force, none in the file',
    ]);
  });

  it('leave out what is applied while running', () => {
    expect(
      processChanges(settings(''), settings('log: {access: on}\ntimeouts: {connect: 1s}\nhealth_check: {}')),
    ).toEqual([]);
  });
});
