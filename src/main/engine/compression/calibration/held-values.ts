import { AppError } from '@shared/errors';
import type { Graph, GraphValue } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { encodeModel } from '../../onnx/save';
import { calculator, type RuntimeTensor } from '../calculator';
import type { TechniqueContext } from './technique-context';

/** Activations of one batch, by the names of the values. */
export type Values = Record<string, RuntimeTensor>;

/** Inputs of a graph that goes on from held values; every dimension is open. */
export function heldInputs(values: Values): GraphValue[] {
  return Object.entries(values).map(([name, { type, shape }]) =>
    makeValue(
      name,
      type,
      shape.map((_, axis) => `${name}.${axis}`),
    ),
  );
}

/**
 * Runs a graph whose inputs are held values, batch by batch, and hands out its outputs. `take` may replace the batches of `held`.
 * Throws `cancelled` once the signal fires.
 */
export async function runOnHeld(
  graph: Graph,
  held: readonly Values[],
  { threads, signal }: Pick<TechniqueContext, 'threads' | 'signal'>,
  take: (results: Values) => void,
): Promise<void> {
  if (graph.outputs.length === 0) {
    for (const _ of held) take({});
    return;
  }
  const used = removeDead(graph);
  const read = new Set(used.nodes.flatMap((node) => node.inputs));
  used.inputs = used.inputs.filter(({ name }) => read.has(name));
  const session = await calculator.open(encodeModel(used), { threads });
  try {
    for (const values of [...held]) {
      if (signal.aborted) throw new AppError('cancelled');
      take(await session.run(Object.fromEntries(used.inputs.map(({ name }) => [name, values[name]!]))));
    }
  } finally {
    await session.close();
  }
}
