import type { EdgeTpuEstimate, EstimatedOperator } from '@shared/edgetpu';
import type { TfliteGraph, TfliteModel, TfliteOperator } from '../tflite/model';
import { constraintOf } from './operator-constraints';
import { parameterBytes } from './parameter-bytes';
import { peakActivationBytes } from './peak-activation';

/** Memory of the chip, and what of it the program takes beside activations: what published logs leave of it (see parameter-bytes.ts). */
const chipBytes = 8 * 1024 ** 2;
const programBytes = 48 * 1024;

/**
 * What the Edge TPU would do with a network, before it is compiled: which operators it runs, and how many bytes of weights stay on the chip.
 * The compiler makes one part of a network only: what depends on an operator that stays on the CPU stays there too.
 */
export function estimateEdgeTpu({ graphs }: TfliteModel): EdgeTpuEstimate {
  const graph = graphs[0] ?? { tensors: [], operators: [], inputs: [], outputs: [] };
  const cut = new Set<number>();
  const operators = graph.operators.map((operator): EstimatedOperator => {
    const constraint = constraintOf(operator, graph);
    const isAfter = operator.inputs.some((index) => cut.has(index));
    const reason = constraint ?? (isAfter ? 'it comes after an operator on the CPU' : undefined);
    if (reason !== undefined && !isEntrance(operator, graph)) for (const index of operator.outputs) cut.add(index);
    return {
      op: operator.customCode ?? operator.op,
      name: graph.tensors[operator.outputs[0] ?? -1]?.name ?? '',
      mapped: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      parameterBytes: reason === undefined ? parameterBytes(operator, graph) : 0,
    };
  });
  const mapped = graph.operators.filter((_, at) => operators[at]!.mapped);
  const bytes = operators.reduce((sum, one) => sum + one.parameterBytes, 0);
  const cacheBytes = Math.max(0, chipBytes - programBytes - peakActivationBytes(mapped, graph));
  return {
    operators,
    onTpu: mapped.length,
    onCpu: operators.length - mapped.length,
    parameterBytes: bytes,
    cacheBytes,
    streamedBytes: Math.max(0, bytes - cacheBytes),
  };
}

/** Float pixels become codes on the CPU, and the Edge TPU begins after that. */
function isEntrance({ op, inputs }: TfliteOperator, graph: TfliteGraph): boolean {
  return op === 'QUANTIZE' && inputs.every((index) => graph.inputs.includes(index));
}
