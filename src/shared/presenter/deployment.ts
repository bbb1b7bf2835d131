import type { DeploymentMetrics, LatencyMetrics, TrialMetrics } from '../metrics';
import type { RunView, TrialView } from '../run';
import { defaultTarget, deploymentName, targetName } from '../sweep-file';

/** The deployment that a target times, by its name. Runs of earlier versions knew one, whose numbers are the flat ones. */
export function runtimeOf({ sweep }: Pick<RunView, 'sweep'>, target: string): string | undefined {
  const found = sweep.targets.find((candidate) => targetName(candidate) === target);
  if (found) return deploymentName(found);
  return sweep.targets.length === 0 ? defaultTarget.runtime : undefined;
}

/** The deployments of a run's targets by name, each once; without targets the usual runtime answers. */
export function runtimesOf({ sweep }: Pick<RunView, 'sweep'>): string[] {
  const targets = sweep.targets.length > 0 ? sweep.targets : [defaultTarget];
  return [...new Set(targets.map(deploymentName))];
}

type DeployedMetrics = Omit<TrialMetrics, 'latency' | 'deployments' | 'files'> &
  Partial<Pick<DeploymentMetrics, 'precision' | 'besideOnnxRuntime'>>;

/**
 * What was measured of a trial's file in a runtime: the runtime's own deployment, else the numbers of the trial, which are
 * those of its only runtime. Counts of the network are the same whatever file carries it.
 */
export function deploymentOf({ metrics }: TrialView, runtime: string | undefined): DeployedMetrics {
  const { latency: _, deployments, files: _files, ...flat } = metrics;
  if (!deployments || runtime === undefined) return flat;
  const deployed = deployments.find((candidate) => (candidate.name ?? candidate.runtime) === runtime);
  const { params, nonZeroParams, macs } = flat;
  const own: DeployedMetrics = { params, nonZeroParams, macs, ...deployed };
  if (own.sizeBytes !== undefined && own.params) own.bitsPerWeight = (8 * own.sizeBytes) / own.params;
  return own;
}

/** The runtime that ran a trial's file in place of a deployment's, which does not take it; undefined: that one did. */
export function standingIn(
  { metrics }: Pick<TrialView, 'metrics'>,
  deployment: string | undefined,
): string | undefined {
  const found = metrics.deployments?.find(({ name, runtime }) => (name ?? runtime) === deployment);
  return found?.insteadOf === undefined ? undefined : found.runtime;
}

export function latencyOf(trial: TrialView, target: string): LatencyMetrics | undefined {
  return trial.metrics.latency.find((latency) => latency.target === target);
}
