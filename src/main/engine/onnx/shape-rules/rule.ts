import { AppError } from '@shared/errors';
import type { KnownValue } from '../evaluate/value';
import { unknownDimension, type Dimension, type ElementType, type Node } from '../graph';

export interface TypedShape {
  type: ElementType;
  shape: Dimension[];
}

/** What a rule sees of a node. */
export interface RuleContext {
  node: Node;
  opset: number;
  /** Inputs by position; undefined where absent or unknown. */
  inputs: readonly (TypedShape | undefined)[];
  /** The elements of an input where they are known: weights of shape arithmetic, axes, pads. */
  known(input: number): KnownValue | undefined;
  /** The same where no element is a symbol. */
  knownNumbers(input: number): readonly number[] | undefined;
  /** Throws `model.invalid-graph`: the node cannot run. */
  fail(detail: string): never;
}

/** The outputs of a node by position, or undefined where they cannot be told. */
export type ShapeRule = (context: RuleContext) => (TypedShape | undefined)[] | undefined;

export function failWith(path: string, node: Node): (detail: string) => never {
  return (detail) => {
    throw new AppError('model.invalid-graph', { path, detail: `node "${node.name}" (${node.op}): ${detail}` });
  };
}

export function axisOf(context: RuleContext, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(normal) || normal < 0 || normal >= rank)
    context.fail(`axis ${axis} of a tensor with ${rank} dimensions`);
  return normal;
}

/** NumPy's broadcast, where a symbol equals only itself. */
export function broadcast(context: RuleContext, shapes: readonly (readonly Dimension[])[]): Dimension[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dimension = 1;
    for (const shape of shapes) {
      const dimension = shape[shape.length - rank + axis] ?? 1;
      if (dimension === 1 || dimension === result) continue;
      if (result === 1) result = dimension;
      else if (typeof result === 'number' && typeof dimension === 'number') {
        return context.fail(
          `the shapes ${shapes.map((each) => `[${each.join(',')}]`).join(' and ')} do not fit together`,
        );
      }
      // A number other than 1 wins over a symbol: at run time they are equal, or the symbol is 1.
      else if (typeof dimension === 'number') result = dimension;
      else if (typeof result === 'string') result = unknownDimension;
    }
    return result;
  });
}

/** `compute` where all are numbers, else unknown. */
export function arithmetic(compute: (...numbers: number[]) => number, ...dimensions: Dimension[]): Dimension {
  const numbers = dimensions.filter((dimension) => typeof dimension === 'number');
  return numbers.length === dimensions.length ? compute(...numbers) : unknownDimension;
}
