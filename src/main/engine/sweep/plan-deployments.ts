import { deploymentName, targetName, type SweepFile, type Target } from '@shared/sweep-file';
import { stepKey } from '../jobs/step-key';
import { stepVersions } from '../jobs/step-versions';
import type { Answering, DeployedFile, Deployment, FileReference, PlannedStep } from './plan';
import { evaluatedTargets, type Surroundings } from './surroundings';

/** A network file of the plan: the model or the artifact of a step, with the key that stands for its content. */
export interface PlannedFile {
  model: string;
  key: string;
  file: FileReference;
  needs: string[];
}

/** Of the sweep, what all of its deployments have in common. */
export interface DeploymentSettings {
  targets: readonly Target[];
  latency: SweepFile['latency'];
  seed: number;
  /** Key and number of the evaluation images. */
  images: { key: string; count: number };
  around: Surroundings;
}

/**
 * The steps after compression: for each runtime of the targets the file in that runtime's format, what it holds and what it answers; for each
 * target its times. Files and answers that targets share are planned once.
 * @param baseline the model that all is compared with
 */
export function planDeployments(
  candidate: PlannedFile,
  baseline: PlannedFile,
  settings: DeploymentSettings,
): { steps: PlannedStep[]; deployments: Deployment[]; files: DeployedFile[] } {
  const { targets, latency, seed, images, around } = settings;
  const { model } = candidate;
  const steps = new Map<string, PlannedStep>();
  const push = (step: PlannedStep): string => {
    if (!steps.has(step.key)) steps.set(step.key, step);
    return step.key;
  };
  const convert = (from: PlannedFile, format: string): PlannedFile => {
    if (format === 'onnx') return from;
    const { version, options } = around.converters[format]!;
    const key = stepKey('convert', stepVersions.convert, from.key, format, version, options);
    const order = { kind: 'convert', model, input: from.file, format, options } as const;
    push({ key, kind: 'convert', title: format, needs: from.needs, order });
    return { model, key, file: { step: key, format }, needs: [key] };
  };
  const describeFile = (file: PlannedFile, format: string): string =>
    push({
      key: stepKey('describe', stepVersions.describe, file.key),
      kind: 'describe',
      title: format === 'onnx' ? 'file' : `${format} file`,
      needs: file.needs,
      order: { kind: 'describe', model, input: file.file, format },
    });
  const evaluationOf = (file: PlannedFile, answering: Answering): string => {
    const { version } = around.runtimes[answering.runtime]!;
    return stepKey('evaluate', stepVersions.evaluate, file.key, images.key, answering, version, around.machine.isa);
  };

  const answering = new Map(evaluatedTargets(targets).map((each) => [deploymentName(each), answeringOf(each, around)]));
  const imagesText = `${images.count.toLocaleString('en')} images`;
  const deployments = [...answering].map(([name, answers]): Deployment => {
    const { runtime } = answers;
    const { format } = around.runtimes[runtime]!;
    const file = convert(candidate, format);
    const input = file.file;
    const { needs } = file;
    const describe = describeFile(file, format);
    const evaluate = push({
      key: evaluationOf(file, answers),
      kind: 'evaluate',
      title: answering.size > 1 ? `${imagesText}, ${name}` : imagesText,
      needs,
      order: { kind: 'evaluate', model, input, ...answers },
    });
    // Only the key: where the baseline is a trial of the sweep, the step is that trial's.
    const baselineFile = format === 'onnx' ? baseline : { ...baseline, key: convert(baseline, format).key };
    return {
      runtime,
      name,
      format,
      file: input,
      describe,
      evaluate,
      baselineEvaluation: evaluationOf(baselineFile, answers),
    };
  });

  for (const target of targets) {
    const { version, format } = around.runtimes[target.runtime]!;
    const [own, other] = [convert(candidate, format), convert(baseline, format)];
    const facts = [target, latency, version, around.machine.id, seed];
    push({
      key: stepKey('measure', stepVersions.measure, own.key, other.key, ...facts),
      kind: 'measure',
      title: targetName(target),
      needs: [...new Set([...own.needs, ...other.needs])],
      order: { kind: 'measure', model, input: own.file, baseline: other.file, target },
    });
  }
  const files = Object.keys(around.converters)
    .filter((format) => !deployments.some((deployment) => deployment.format === format))
    .map((format): DeployedFile => {
      const file = convert(candidate, format);
      return { format, file: file.file, describe: describeFile(file, format) };
    });
  return { steps: [...steps.values()], deployments, files };
}

/** What of a target decides the answers. */
function answeringOf({ runtime, device, options = {} }: Target, { runtimes }: Surroundings): Answering {
  const { answerOptions = [] } = runtimes[runtime]!;
  const deciding = Object.entries(options).filter(([name]) => answerOptions.includes(name));
  return { runtime, device, ...(deciding.length > 0 ? { options: Object.fromEntries(deciding) } : {}) };
}
