import { AppError } from '@shared/errors';
import { defaultTarget, deploymentName, type Target } from '@shared/sweep-file';
import type { RecipeTraits } from '../techniques/recipe-traits';
import type { Lacking } from './plan';
import { runtimeOf, type Surroundings } from './surroundings';

/** Where the figures of a target come from, for one trial. */
export interface Placement {
  target: Target;
  /** Where the trial's file runs: the target, or another runtime in place of one that takes integers alone. */
  own: Target;
  /** Where the network runs that the trial is compared with. */
  beside: Target;
}

/** Of a trial, what decides where it runs. */
interface Placed {
  /** It is what the others are compared with. */
  isBaseline: boolean;
  /** It computes in integers, as far as its recipe and its model tell. */
  isInteger: boolean;
  /** Whether what runs depends on the image. */
  path: RecipeTraits['path'];
  /** So does what it is compared with. */
  isBesideInteger: boolean;
}

/**
 * A runtime that takes integers alone cannot run a network in floats that all is made from: that runs in the runtime it names for floats, and is
 * what the others are compared with. Other trials in floats lack the target; one that lacks all runs where the baseline does, so that it has
 * a size and answers. Networks with branches or gates stay ONNX: they lack every target that takes another format, and one that lacks all runs in the
 * usual runtime.
 */
export function placeTargets(
  targets: readonly Target[],
  { isBaseline, isInteger, isBesideInteger, path }: Placed,
  around: Pick<Surroundings, 'runtimes' | 'elsewhere'>,
): { placements: Placement[]; lacking: Lacking[] } {
  const placements: Placement[] = [];
  const lacking = new Map<string, Lacking>();
  const instead: Target[] = [];
  for (const target of targets) {
    const { floatsIn, format } = runtimeOf(target, around);
    const on = target.on === undefined ? {} : { on: target.on };
    if (path !== 'straight' && format !== 'onnx') {
      instead.push({ runtime: defaultTarget.runtime, threads: target.threads, ...on });
      lacking.set(deploymentName(target), lackingPath(deploymentName(target), path));
      continue;
    }
    const other = floatsIn === undefined ? target : { runtime: floatsIn, threads: target.threads, ...on };
    const beside = isBesideInteger ? target : other;
    if (isBaseline) placements.push({ target, own: beside, beside });
    else if (floatsIn === undefined || isInteger) placements.push({ target, own: target, beside });
    else {
      instead.push(other);
      lacking.set(deploymentName(target), lackingOf(deploymentName(target)));
    }
  }
  const [first] = instead;
  if (placements.length === 0 && first) placements.push({ target: first, own: first, beside: first });
  return { placements, lacking: [...lacking.values()] };
}

/** That something which takes integers alone does not take a network in floats. */
export const lackingOf = (deployment: string): Lacking => ({
  deployment,
  reason: new AppError('format.integers-only', { taker: deployment }).toReport(),
});

/** That something which does not take ONNX does not take a network of which the image says what runs. */
export const lackingPath = (deployment: string, path: 'branches' | 'gates'): Lacking => ({
  deployment,
  reason: new AppError(`format.no-${path}`, { taker: deployment }).toReport(),
});
