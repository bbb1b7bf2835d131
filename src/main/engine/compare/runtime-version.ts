import type { Manifest, RunView } from '@shared/run';
import { deploymentName, type Target } from '@shared/sweep-file';

type OnMachine = Pick<Target, 'runtime' | 'on'>;

/** The version of a target's runtime on its machine; runs of earlier versions named that of ONNX Runtime alone. */
export function runtimeVersion({ runtimes, onnxruntime, elsewhere }: Manifest, { runtime, on }: OnMachine): string {
  if (on !== undefined) return elsewhere?.[on]?.runtimes[runtime] ?? '';
  return runtimes?.[runtime] ?? onnxruntime;
}

/** The runtimes of a run's targets, each once for every machine, as "litert on pi4". */
export function namedRuntimes({ sweep: { targets } }: Pick<RunView, 'sweep'>): Map<string, OnMachine> {
  return new Map(targets.map(({ runtime, on }) => [deploymentName({ runtime, on }), { runtime, on }]));
}
