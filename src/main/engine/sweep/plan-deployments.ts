import type { ModelCard } from '@shared/model-card';
import { deploymentName, targetName, type SweepFile, type Target } from '@shared/sweep-file';
import { stepKey } from '../jobs/step-key';
import { stepVersions } from '../jobs/step-versions';
import { lackingOf, placeTargets } from './place-targets';
import type { Answering, DeployedFile, Deployment, FileReference, Lacking, PlannedStep } from './plan';
import { evaluatedTargets, type RuntimeFacts, type Surroundings } from './surroundings';

/** A network file of the plan: the model or the artifact of a step, with the key that stands for its content. */
export interface PlannedFile {
  model: string;
  key: string;
  file: FileReference;
  needs: string[];
  /** Of the model: files of other formats say some of it. */
  card: ModelCard;
  /** It computes in integers, as far as its recipe tells. */
  isInteger: boolean;
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

/** What follows a trial's artifact. */
interface PlannedDeployments {
  steps: PlannedStep[];
  deployments: Deployment[];
  files: DeployedFile[];
  lacking: Lacking[];
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
): PlannedDeployments {
  const { targets, latency, seed, images, around } = settings;
  const { model, isInteger } = candidate;
  const steps = new Map<string, PlannedStep>();
  const push = (step: PlannedStep): string => {
    if (!steps.has(step.key)) steps.set(step.key, step);
    return step.key;
  };
  const convert = (from: PlannedFile, format: string): PlannedFile => {
    if (format === 'onnx') return from;
    const { version, options, compiler } = around.converters[format]!;
    const facts = [version, options, namesOf(from.card), ...(compiler === undefined ? [] : [compiler])];
    const key = stepKey('convert', stepVersions.convert, from.key, format, ...facts);
    const order = { kind: 'convert', model: from.model, input: from.file, format, options } as const;
    push({ key, kind: 'convert', title: format, needs: from.needs, order });
    return { ...from, key, file: { step: key, format }, needs: [key] };
  };
  const describeFile = (file: PlannedFile, format: string): string =>
    push({
      key: stepKey('describe', stepVersions.describe, file.key),
      kind: 'describe',
      title: format === 'onnx' ? 'file' : `${format} file`,
      needs: file.needs,
      order: { kind: 'describe', model, input: file.file, format },
    });
  const factsOf = ({ runtime }: Pick<Target, 'runtime'>): RuntimeFacts => around.runtimes[runtime]!;
  const evaluationOf = (file: PlannedFile, answering: Answering): string => {
    const { version } = factsOf(answering);
    return stepKey('evaluate', stepVersions.evaluate, file.key, images.key, answering, version, around.machine.isa);
  };

  const isBaseline = candidate.key === baseline.key;
  const { placements, lacking } = placeTargets(evaluatedTargets(targets), { isBaseline, isInteger }, around);
  const byName = new Map(placements.map((placement) => [deploymentName(placement.target), placement]));
  const imagesText = `${images.count.toLocaleString('en')} images`;
  const deployments = [...byName].map(([name, { target, own, baseline: beside }]): Deployment => {
    const answers = answeringOf(own, around);
    const { runtime } = answers;
    const { format } = factsOf(own);
    const file = convert(candidate, format);
    const input = file.file;
    const { needs } = file;
    const describe = describeFile(file, format);
    const evaluate = push({
      key: evaluationOf(file, answers),
      kind: 'evaluate',
      title: byName.size > 1 ? `${imagesText}, ${deploymentName(own)}` : imagesText,
      needs,
      order: { kind: 'evaluate', model, input, ...answers },
    });
    // Only the key: where the baseline is a trial of the sweep, the step is that trial's.
    const baselineFile = convert(baseline, factsOf(beside).format);
    return {
      runtime,
      name,
      ...(own !== target && { insteadOf: target.runtime }),
      format,
      file: input,
      describe,
      evaluate,
      baselineEvaluation: evaluationOf(baselineFile, answeringOf(beside, around)),
    };
  });

  for (const { target, own, baseline: beside } of placements.filter((placement) => targets.includes(placement.target))) {
    const [file, other] = [convert(candidate, factsOf(own).format), convert(baseline, factsOf(beside).format)];
    const link = factsOf(own).links?.[own.device ?? ''];
    const places = own === beside && own === target ? [] : [own, beside, factsOf(beside).version];
    const facts = [target, latency, factsOf(own).version, around.machine.id, seed, ...places, ...(link ? [link] : [])];
    push({
      key: stepKey('measure', stepVersions.measure, file.key, other.key, ...facts),
      kind: 'measure',
      title: targetName(target),
      needs: [...new Set([...file.needs, ...other.needs])],
      order: {
        kind: 'measure',
        model,
        input: file.file,
        baseline: other.file,
        target: own,
        ...(beside !== own && { baselineTarget: beside }),
        ...(own !== target && { insteadOf: target }),
      },
    });
  }
  const deployed = around.deployed.filter((format) => !deployments.some((deployment) => deployment.format === format));
  const isTaken = (format: string): boolean => isInteger || !around.converters[format]!.integersOnly;
  const files = deployed.filter(isTaken).map((format): DeployedFile => {
    const file = convert(candidate, format);
    return { format, file: file.file, describe: describeFile(file, format) };
  });
  const isAimedAt = (format: string): boolean => targets.some((target) => factsOf(target).format === format);
  const left = deployed.filter((format) => !isBaseline && !isTaken(format) && !isAimedAt(format));
  return { steps: [...steps.values()], deployments, files, lacking: [...lacking, ...left.map(lackingOf)] };
}

/** What of a card goes into files of other formats, beside what its model's key has. */
function namesOf({ name, title, licence, labels, labelNames }: ModelCard): object {
  return { title: title ?? name, licence, labels, labelNames };
}

/** What of a target decides the answers. */
function answeringOf({ runtime, device, options = {} }: Target, { runtimes }: Surroundings): Answering {
  const { answerOptions = [] } = runtimes[runtime]!;
  const deciding = Object.entries(options).filter(([name]) => answerOptions.includes(name));
  return { runtime, device, ...(deciding.length > 0 ? { options: Object.fromEntries(deciding) } : {}) };
}
