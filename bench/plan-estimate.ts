import { formatDuration } from '../src/shared/format';
import { openWorkspace } from '../src/main/engine/store/workspace';
import { recordedCosts } from '../src/main/engine/sweep/recorded-costs';
import { StepCosts, type StepSample } from '../src/main/engine/sweep/step-costs';

/** How well the runs of a workspace could have been foretold from those before: each step, and each run as a whole. */
const folder = process.argv[2];
if (!folder) throw new Error('usage: plan-estimate WORKSPACE [--json]');
const workspace = openWorkspace(folder);
try {
  const machines = new Set(workspace.runs.list().map(({ manifest }) => manifest.machine.id));
  for (const machine of machines) {
    const runs = workspace.runs
      .list()
      .filter(({ manifest }) => manifest.machine.id === machine)
      .reverse();
    const all = recordedCosts(workspace, machine);
    const keysOf = (run: string): Set<string> => workspace.steps.computedBy(run);
    const known: StepSample[] = [];
    for (const { id, name } of runs) {
      const own = all.filter(({ key }) => keysOf(id).has(key));
      report(`${id} ${name}`, known, own);
      known.push(...own);
    }
  }
} finally {
  workspace.close();
}

function report(title: string, known: readonly StepSample[], own: readonly StepSample[]): void {
  const costs = new StepCosts(known);
  const pairs = own.flatMap((sample) => {
    const cost = costs.expect(sample);
    return cost ? [{ sample, ...cost }] : [];
  });
  console.log(`\n${title}: ${own.length} steps, ${pairs.length} of them of a kind known before`);
  if (pairs.length === 0) return;
  const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  for (const kind of new Set(pairs.map(({ sample }) => sample.kind))) {
    const errors = pairs
      .filter(({ sample }) => sample.kind === kind)
      .map(({ sample, expectedMs }) => Math.abs(expectedMs / sample.elapsedMs - 1));
    console.log(`  ${kind.padEnd(9)} ${errors.length} steps, median error ${(100 * median(errors)).toFixed(1)} %`);
  }
  const errors = pairs.map(({ sample, expectedMs }) => Math.abs(expectedMs / sample.elapsedMs - 1));
  const [took, foretold] = [
    pairs.reduce((sum, { sample }) => sum + sample.elapsedMs, 0),
    pairs.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
  ];
  console.log(
    `  all: median error ${(100 * median(errors)).toFixed(1)} %; foretold ${formatDuration(foretold)}, took ${formatDuration(took)}`,
  );
}
