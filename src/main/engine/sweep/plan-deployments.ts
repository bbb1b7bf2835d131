import { deploymentName } from '@shared/sweep-file';
import { DeploymentSteps, type DeploymentSettings, type PlannedFile } from './deployment-steps';
import { lackingPath, lackingOf, placeTargets } from './place-targets';
import type { DeployedFile, Deployment, Lacking, PlannedStep } from './plan';
import { evaluatedTargets } from './surroundings';

/** What follows a trial's artifact. */
interface PlannedDeployments {
  steps: PlannedStep[];
  deployments: Deployment[];
  files: DeployedFile[];
  lacking: Lacking[];
  /** Key of the ONNX file's description, where no deployment's file tells what the network holds. */
  network?: string;
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
  const { targets, images, around } = settings;
  const { isInteger, path } = candidate;
  const isBaseline = candidate.key === baseline.key;
  const steps = new DeploymentSteps(candidate.model, settings);
  const placed = { isBaseline, isInteger, isBesideInteger: baseline.isInteger, path };
  const answering = evaluatedTargets(targets);
  const { placements, lacking } = placeTargets(answering, placed, around);
  const byName = new Map(placements.map((placement) => [deploymentName(placement.target), placement]));
  const imagesText = `${images.count.toLocaleString('en')} images`;
  const deployments = [...byName].map(([name, { target, own, beside }]): Deployment => {
    const { format } = steps.runtimeOf(own);
    const file = steps.fileFor(candidate, own);
    // Where no target runs, no other trial answers either.
    if (path !== 'straight' && !answering.includes(target))
      steps.evaluate(baseline, beside, `${imagesText}, the network`);
    return {
      runtime: own.runtime,
      ...(own.on !== undefined && { on: own.on }),
      name,
      ...(own !== target && { insteadOf: target.runtime }),
      format,
      file: file.file,
      describe: steps.describe(file, format),
      evaluate: steps.evaluate(file, own, byName.size > 1 ? `${imagesText}, ${deploymentName(own)}` : imagesText),
      // Where the baseline is a trial of the sweep, the step is that trial's.
      baselineEvaluation: steps.evaluationOf(steps.fileFor(baseline, beside), beside),
    };
  });
  for (const placement of placements)
    if (targets.includes(placement.target)) steps.measure(candidate, baseline, placement);

  const others = around.deployed.filter((format) => !deployments.some((deployment) => deployment.format === format));
  const isTaken = (format: string): boolean =>
    path === 'straight' && (isInteger || !around.converters[format]!.integersOnly);
  const files = others.filter(isTaken).map((format): DeployedFile => {
    const file = steps.convert(candidate, format);
    return { format, file: file.file, describe: steps.describe(file, format) };
  });
  const isAimedAt = (format: string): boolean => targets.some((target) => steps.runtimeOf(target).format === format);
  const left = others.filter((format) => !isBaseline && !isTaken(format) && !isAimedAt(format));
  const isOpaque = deployments.every(({ format }) => around.converters[format]?.isOpaque);
  const network = isOpaque ? steps.describe(candidate, 'onnx') : undefined;
  return {
    steps: steps.all,
    deployments,
    files,
    lacking: [
      ...lacking,
      ...left.map((format) => (path === 'straight' ? lackingOf(format) : lackingPath(format, path))),
    ],
    ...(network !== undefined && { network }),
  };
}
