/** A small, strict parser of the Prometheus text format (0.0.4): what it cannot read fails the test. */
export interface ParsedMetrics {
  readonly types: ReadonlyMap<string, string>;
  /** The value of the one sample with this name and exactly these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  samples(name: string): readonly { readonly labels: Record<string, string>; readonly value: number }[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|\+Inf)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

export function parsePrometheusText(text: string): ParsedMetrics {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const types = new Map<string, string>();
  const samples: { name: string; labels: Record<string, string>; value: number }[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      if (types.has(type[1]!)) throw new Error(`two TYPE lines for ${type[1]}`);
      types.set(type[1]!, type[2]!);
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (sample === null) throw new Error(`not a sample: ${line}`);
    const value = Number(sample[3]!.replace('Inf', 'Infinity'));
    samples.push({ name: sample[1]!, labels: parseLabels(sample[2] ?? ''), value });
  }
  const find = (name: string) => samples.filter((sample) => sample.name === name);
  return {
    types,
    samples: find,
    value(name, labels = {}) {
      const wanted = canonical(labels);
      const found = find(name).filter((sample) => canonical(sample.labels) === wanted);
      if (found.length > 1) throw new Error(`${name}${wanted} is there ${found.length} times`);
      return found[0]?.value;
    },
  };
}

function canonical(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const match = LABEL.exec(text);
    if (match === null) throw new Error(`not a label: ${text.slice(at)}`);
    labels[match[1]!] = match[2]!.replace(/\\(["\\n])/g, (_all, c: string) => (c === 'n' ? '\n' : c));
  }
  return labels;
}
