import type { z } from 'zod';
import type { TechniqueInfo } from '@shared/recipe';
import { inputForms } from '../compression/layers/network-form';
import type { CollapseCause, CollapseFacts } from './collapse-causes';
import type { Handling } from './handling';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import type { Graph } from '../onnx/graph';
import type { SearchSpace } from './search-space';

/** What the same step may give other results on: another processor, another version of ONNX Runtime. */
export type Dependence = 'machine' | 'runtime' | 'kernels';

export interface Technique<P = unknown> extends Omit<TechniqueInfo, 'paramsSchema'> {
  params: z.ZodType<P>;
  /** What it needs with these parameters, where that may be less than `needs`. */
  needsFor?(params: P): TechniqueInfo['needs'];
  /** What else than graph, parameters, images and seed its result depends on; part of the step's key. Absent: nothing. */
  dependsOn?: readonly Dependence[];
  /** With these parameters, where that differs from `dependsOn`. */
  dependsOnFor?(params: P): readonly Dependence[];
  /** In what form it takes a network and leaves it, with these parameters. */
  handling(params: P): Handling;
  /** What its file has more of than the one before, where that may outweigh what it saves. */
  adds?: string;
  /** Its result computes what its input does, so that later steps may be compared with it layer by layer. */
  preservesFunction?: boolean;
  /** Its result is another network, trained from random weights: later steps are compared with that, not with the one it came from. */
  startsAnew?: boolean;
  /** It makes the ranges of channels alike, as one scale a layer needs. */
  equalizes?: boolean;
  /** It makes up for the errors of the steps before. */
  compensates?: boolean;
  /** Why a network that collapsed after this step may have done so. */
  explainCollapse?(params: P, facts: CollapseFacts): CollapseCause[];
  /** Where a search may put it, and what it tries; absent: a search leaves it alone. */
  search?: SearchSpace;
  /** It ends with the best so far when `context.stop` fires while it trains. */
  endsByHand?: boolean;
  /** It calls `context.reference()`. */
  usesReference?: boolean;
  /**
   * A pure function: the graph that comes in is not changed. It is in the form the previous step wrote (weights possibly
   * stored sparsely or in few bits; `compression/` decodes them).
   */
  apply(graph: Graph, params: P, context: TechniqueContext): Promise<Graph>;
}

/** Keeps the type of `params` together with `apply`. `family`, `version` and `needs` are part of the cache key or the docs. */
export function defineTechnique<S extends z.ZodType>(
  technique: Omit<Technique<z.infer<S>>, 'params'> & { params: S },
): Technique {
  return technique;
}

/** In what form a technique takes a network and leaves it, with these parameters. */
export function handlingOf(technique: Technique, params: unknown): Handling {
  const { takes, leaves } = technique.handling(params);
  const needsImages = (technique.needsFor?.(params) ?? technique.needs).length > 0;
  if (!needsImages) return { takes, leaves };
  return { takes: { ...takes, input: (takes.input ?? inputForms).filter((input) => input !== 'pixels') }, leaves };
}
