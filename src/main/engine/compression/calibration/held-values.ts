import { AppError } from '@shared/errors';
import type { Graph, GraphValue } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { encodeModel } from '../../onnx/save';
import { calculator, type RuntimeTensor } from '../calculator';
import type { TechniqueContext } from './technique-context';

/** Activations of one batch, by the names of the values; of any type, since shapes and masks may be alive too. */
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
  take: (results: Values, batch: number) => void,
): Promise<void> {
  if (graph.outputs.length === 0) {
    for (const batch of held.keys()) take({}, batch);
    return;
  }
  const used = removeDead(graph);
  const read = new Set(used.nodes.flatMap((node) => node.inputs));
  used.inputs = used.inputs.filter(({ name }) => read.has(name));
  // What is handed out may be shapes and masks as well: the runtime says of which type.
  const session = await calculator.open(encodeModel(used, { openOutputs: true }), { threads });
  try {
    for (let batch = 0; batch < held.length; batch++) {
      const values = held[batch]!;
      if (signal.aborted) throw new AppError('cancelled');
      take(await session.run(Object.fromEntries(used.inputs.map(({ name }) => [name, values[name]!]))), batch);
    }
  } finally {
    await session.close();
  }
}
