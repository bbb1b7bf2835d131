import type { LiveDeployment, LiveModel, LiveModelFile } from '@shared/live/session';
import type { RunView, TrialView } from '@shared/run';
import { defaultTarget, type Target } from '@shared/sweep-file';
import type { ListedModel } from '../sweep/listed-model';

/** What a person chose for one side. `model` is a key of `modelChoices`, '' for none. */
export interface DeploymentChoice {
  model: string;
  target: Target;
}

export interface ModelChoice {
  value: string;
  label: string;
  /** File formats that there are of it. */
  formats: readonly string[];
}

const separator = '\n';
export const modelKey = (path: string): string => `model${separator}${path}`;
export const trialKey = (run: string, trial: string): string => `trial${separator}${run}${separator}${trial}`;

export const noDeployment = (): DeploymentChoice => ({ model: '', target: { ...defaultTarget } });

/** Models that can be tried: those with a card, files that were added here, then the trials of the run that shows. */
export function modelChoices(
  models: readonly ListedModel[],
  added: readonly LiveModelFile[],
  run: RunView | undefined,
): ModelChoice[] {
  const files = models
    .filter(({ described, problem }) => described && problem === undefined)
    .map(({ path, title }) => ({ value: modelKey(path), label: title, formats: formatsOfFile(path) }));
  const known = new Set(files.map(({ value }) => value));
  const others = added
    .map(({ path, title, format }) => ({ value: modelKey(path), label: title, formats: [format] }))
    .filter(({ value }) => !known.has(value));
  const trials = (run?.trials ?? [])
    .filter(({ artifact, collected }) => artifact !== undefined && !collected)
    .map((trial) => ({
      value: trialKey(run!.id, trial.id),
      // What tells trials apart comes first: there is not always room for all of it.
      label: `${trial.recipe} · ${trial.model}`,
      formats: formatsOfTrial(trial),
    }));
  return [...files, ...others, ...trials];
}

/** Whether a .tflite file was compiled for the Edge TPU only its content tells. */
const formatsOfFile = (path: string): string[] => (/\.tflite$/i.test(path) ? ['tflite', 'edgetpu'] : ['onnx']);

/** The artifact is ONNX; others are there where the trial was deployed so. */
function formatsOfTrial({ metrics: { deployments = [], files = [] } }: TrialView): string[] {
  return [...new Set(['onnx', ...[...deployments, ...files].map(({ format }) => format)])];
}

/** The deployment of a choice; undefined for none. */
export function deploymentOf({ model, target }: DeploymentChoice): LiveDeployment | undefined {
  const [kind, first, second] = model.split(separator);
  if (first === undefined) return undefined;
  const wanted: LiveModel = kind === 'trial' && second !== undefined ? { run: first, trial: second } : { path: first };
  // What was measured on another machine is tried on this one. Reactive proxies cannot be cloned across processes.
  const { options, on: _on, ...rest } = target;
  return { model: wanted, target: { ...rest, ...(options && { options: { ...options } }) } };
}
