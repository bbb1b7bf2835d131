import { formatDuration } from '../src/shared/format';
import { openWorkspace } from '../src/main/engine/store/workspace';
import { recordedCosts } from '../src/main/engine/sweep/recorded-costs';
import { StepCosts, type StepSample } from '../src/main/engine/sweep/step-costs';

/** How well each run of these workspaces could have been foretold from those before it: its steps, and the whole. */
const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error('usage: plan-estimate WORKSPACE...');
const runs = folders.flatMap((folder) => {
  const workspace = openWorkspace(folder);
  try {
    return workspace.runs.list().map(({ id, name, startedAt, manifest: { machine } }) => {
      const computed = workspace.steps.computedBy(id);
      const steps = recordedCosts(workspace, machine.id).filter(({ key }) => computed.has(key));
      return { title: `${id} ${name}`, startedAt, machine: machine.id, steps };
    });
  } finally {
    workspace.close();
  }
});
runs.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
for (const { title, startedAt, machine, steps } of runs) {
  const before = runs.filter((other) => other.machine === machine && other.startedAt < startedAt);
  report(
    title,
    before.flatMap((other) => other.steps),
    steps,
  );
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
