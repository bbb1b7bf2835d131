import type { RunComparison } from '@shared/run-comparison';
import type { RunView } from '@shared/run';
import { runtimeVersion } from './runtime-version';

/** What the manifests of two runs say differently, in words; what is the same is left out. */
export function differingFacts(reference: RunView, candidate: RunView): RunComparison['facts'] {
  const [before, after] = [factsOf(reference), factsOf(candidate)];
  return Object.keys(after).flatMap((name) => {
    const [theirs, own] = [before[name] ?? '', after[name] ?? ''];
    return theirs === own ? [] : [{ name, reference: theirs, candidate: own }];
  });
}

function factsOf({ manifest, sweep }: RunView): Record<string, string> {
  const { machine, dataset, targets } = manifest;
  const runtimes = [...new Set(sweep.targets.map(({ runtime }) => runtime))];
  return {
    Machine: `${machine.cpu}, ${machine.cores} cores (${machine.id.slice(0, 8)})`,
    'Instruction sets': machine.isa.join(' '),
    Governor: machine.governor ?? '',
    Whittle: manifest.whittle,
    Node: manifest.node,
    Runtimes: runtimes.map((runtime) => `${runtime} ${runtimeVersion(manifest, runtime)}`).join(', '),
    Targets: targets.join(', '),
    Latency: sweep.latency,
    Images: `${dataset.name}, ${dataset.eval} to evaluate (${dataset.fingerprint.slice(0, 8)})`,
    Calibration: `${dataset.calibration} images`,
    Seed: String(manifest.seed),
  };
}
