/**
 * A/A controls: a starter network against itself, measured as in a sweep. The ratio should be 1, and its 95 % interval should miss 1 in
 * at most 5 % of the controls. Exit code 1 where it misses more often.
 * Usage: latency-controls [controls=200] [--busy] [--rigorous]
 */
import { parseArgs } from 'node:util';
import type { LatencyMetrics } from '../src/shared/metrics';
import { builtFile } from '../src/main/engine/files/built-file';
import { runInWorker } from '../src/main/engine/jobs/worker-process';
import { startBusyLoop } from './busy-loop';
import { starterNetworks } from './starter-networks';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { busy: { type: 'boolean' }, rigorous: { type: 'boolean' } },
});
const controls = Number(positionals[0] ?? 200);
const networks = starterNetworks();
const limits = { signal: new AbortController().signal, graceMs: 3000 };
const events = { progress: () => undefined, note: () => undefined, log: (line: string) => console.error(line) };

const missBy = ({ ratioInterval: [low, high] }: LatencyMetrics): number => Math.max(0, low - 1, 1 - high);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const mean = (numbers: number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

const measured = new Map<string, LatencyMetrics[]>(networks.map(({ name }) => [name, []]));
const busy = values.busy ? startBusyLoop() : undefined;
const start = performance.now();
try {
  for (let seed = 0; seed < controls; seed++) {
    const { name, path, card } = networks[seed % networks.length]!;
    const metrics = await runInWorker(
      builtFile('worker.js'),
      {
        kind: 'measure',
        candidatePath: path,
        baselinePath: path,
        card,
        target: { runtime: 'ort-cpu', threads: 1 },
        mode: values.rigorous ? 'rigorous' : 'quick',
        seed,
      },
      events,
      limits,
    );
    measured.get(name)!.push(metrics);
    const { ratio, ratioInterval, disturbance } = metrics;
    const [low, high] = ratioInterval;
    const seconds = (performance.now() - start) / 1000;
    console.error(
      `${seed + 1}/${controls}  ${seconds.toFixed(0)} s  ${name.padEnd(20)} ${ratio.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]  ` +
        `others ${disturbance?.otherCpuShare === undefined ? '?' : percent(disturbance.otherCpuShare)}  ${missBy(metrics) > 0 ? 'MISSES 1' : ''}`,
    );
  }
} finally {
  busy?.stop();
}

const report = (name: string, all: LatencyMetrics[]): void => {
  const misses = all.map(missBy).filter((by) => by > 0);
  console.log(
    [
      name.padEnd(20),
      `${misses.length} of ${all.length} intervals miss 1 (${percent(misses.length / all.length)})`,
      `by more than 1 %: ${misses.filter((by) => by > 0.01).length}`,
      `worst by ${percent(Math.max(0, ...misses))}`,
      `farthest ratio ${percent(Math.max(...all.map(({ ratio }) => Math.abs(ratio - 1))))} from 1`,
      `mean width ${percent(mean(all.map(({ ratioInterval: [low, high] }) => high - low)))}`,
    ].join('  '),
  );
};
for (const [name, all] of measured) if (all.length > 0) report(name, all);
const all = [...measured.values()].flat();
report(`all${values.busy ? ', one core busy' : ''}`, all);
console.log(`${((performance.now() - start) / 1000 / controls).toFixed(2)} s each`);
process.exitCode = all.filter((metrics) => missBy(metrics) > 0).length > 0.05 * all.length ? 1 : 0;
