import type { Graph } from '../../onnx/graph';

/** Operators whose constants are learned. What others read may be infinite on purpose, as a mask is. */
const learned: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization']);

/** The first float32 parameter of a layer that holds NaN or an infinite value: nothing that is calculated from it means anything. */
export function brokenParameter({ nodes, initializers }: Graph): string | undefined {
  const names = nodes.filter(({ op }) => learned.has(op)).flatMap(({ inputs }) => inputs);
  return names.find((name) => {
    const tensor = initializers.get(name);
    return tensor?.type === 'float32' && !(tensor.data as Float32Array).every(Number.isFinite);
  });
}
