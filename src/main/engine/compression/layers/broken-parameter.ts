import type { Graph } from '../../onnx/graph';

/** Operators whose constants are learned. What others read may be infinite on purpose, as a mask is. */
const learned: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization']);
/** Of these the input that is added to what they give. */
const addedTo: Readonly<Record<string, number>> = { Conv: 2, ConvTranspose: 2, Gemm: 2 };

/** The first float32 parameter of a layer that holds NaN or an infinite value: nothing that is calculated from it means anything. Biases may mask. */
export function brokenParameter(graph: Graph): string | undefined {
  const isMasking = maskNames(graph);
  return parameters(graph).find(
    ({ name, values }) =>
      !values.every((value) => Number.isFinite(value) || (value === -Infinity && isMasking.has(name))),
  )?.name;
}

/**
 * The first bias that is -Infinity for some output, which so never wins: well defined where it is added, and nowhere else.
 * @param graph without a broken parameter
 */
export function maskingBias(graph: Graph): string | undefined {
  const isMasking = maskNames(graph);
  return parameters(graph).find(({ name, values }) => isMasking.has(name) && values.includes(-Infinity))?.name;
}

/** Names that layers add, and no layer reads otherwise. */
function maskNames({ nodes }: Graph): Set<string> {
  const layers = nodes.filter(({ op }) => learned.has(op));
  const added = new Set(layers.flatMap(({ op, inputs }) => inputs[addedTo[op] ?? Infinity] ?? []));
  for (const { op, inputs } of layers)
    for (const [at, name] of inputs.entries()) if (at !== addedTo[op]) added.delete(name);
  return added;
}

function parameters({ nodes, initializers }: Graph): { name: string; values: Float32Array }[] {
  const names = nodes.filter(({ op }) => learned.has(op)).flatMap(({ inputs }) => inputs);
  return names.flatMap((name) => {
    const tensor = initializers.get(name);
    return tensor?.type === 'float32' ? [{ name, values: tensor.data as Float32Array }] : [];
  });
}
