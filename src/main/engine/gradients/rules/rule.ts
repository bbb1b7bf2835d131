import type { Node } from '../../onnx/graph';
import type { GradientWriter } from '../gradient-writer';

/** What a rule sees of a node on whose result the loss depends. */
export interface GradientContext {
  /** The node itself: a rule may have it give further outputs. */
  node: Node;
  /** d loss / d output of the first output. */
  gradient: string;
  /** The same of every output by position; undefined where the loss does not depend on it. */
  gradients: readonly (string | undefined)[];
  /** Where the nodes of the backward pass go. */
  write: GradientWriter;
  /** Whether d loss / d input is asked for. */
  isWanted(input: number): boolean;
  /** The shape of a value of the network. Throws NoGradient where a dimension is open. */
  shapeOf(value: string): number[];
  /** The element type of a value. */
  typeOf(value: string): string;
  /** The elements of an input where they are constant: axes, pads, bounds. */
  known(input: number): readonly number[] | undefined;
  /** Throws NoGradient. */
  fail(detail: string): never;
}

/** d loss / d input by position; what is not wanted may be left out. */
export type GradientRule = (context: GradientContext) => (string | undefined)[];
