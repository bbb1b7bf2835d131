import { formatCounted, formatNumber } from '@shared/format';
import type { RunComparison } from '@shared/run-comparison';
import type { Machine, RunView } from '@shared/run';
import { namedRuntimes, runtimeVersion } from './runtime-version';

/** What the manifests of two runs say differently, in words; what is the same is left out. */
export function differingFacts(reference: RunView, candidate: RunView): RunComparison['facts'] {
  const [before, after] = [factsOf(reference), factsOf(candidate)];
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].flatMap((name) => {
    const [theirs, own] = [before[name] ?? '', after[name] ?? ''];
    return theirs === own ? [] : [{ name, reference: theirs, candidate: own }];
  });
}

function factsOf(run: RunView): Record<string, string> {
  const { manifest, sweep } = run;
  const { machine, dataset, targets, elsewhere = {} } = manifest;
  const machineText = ({ cpu, cores, id }: Machine): string => `${cpu}, ${cores} cores (${id.slice(0, 8)})`;
  return {
    Machine: machineText(machine),
    ...Object.fromEntries(
      Object.entries(elsewhere).map(([label, other]) => [`Machine ${label}`, machineText(other.machine)]),
    ),
    'Instruction sets': machine.isa.join(' '),
    Governor: machine.governor ?? '',
    Whittle: manifest.whittle,
    Node: manifest.node,
    Runtimes: [...namedRuntimes(run)]
      .map(([name, runtime]) => `${name} ${runtimeVersion(manifest, runtime)}`)
      .join(', '),
    Targets: targets.join(', '),
    Latency: sweep.latency,
    Images: `${dataset.name}, ${formatNumber(dataset.eval)} to evaluate (${dataset.fingerprint.slice(0, 8)})`,
    Calibration: formatCounted(dataset.calibration, 'image'),
    Seed: String(manifest.seed),
  };
}
