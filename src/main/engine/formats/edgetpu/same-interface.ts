import type { TfliteGraph, TfliteModel } from '../tflite/model';

/** What tells a compiled file from that of another network, in a clause; undefined: inputs and outputs agree. The compiler keeps both. */
export function interfaceDifference(source: TfliteModel, compiled: TfliteModel): string | undefined {
  for (const end of ['inputs', 'outputs'] as const) {
    const [wanted, found] = [endsOf(source.graphs[0], end), endsOf(compiled.graphs[0], end)];
    if (wanted !== found) return `its ${end} are ${found || 'none'} instead of ${wanted || 'none'}`;
  }
  return undefined;
}

function endsOf(graph: TfliteGraph | undefined, end: 'inputs' | 'outputs'): string {
  const tensors = graph?.[end].map((index) => graph.tensors[index]) ?? [];
  return tensors
    .map((tensor) => (tensor ? `${tensor.type.toLowerCase()} ${tensor.shape.join('x')}` : 'unknown'))
    .join(', ');
}
