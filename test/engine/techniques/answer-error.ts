import type { Graph } from '../../../src/main/engine/onnx/graph';
import { runGraph } from './small-networks';

/** Answers of softmax at the temperature that training has by default. */
const [classes, temperature] = [10, 2];

function answersOf(scores: Float32Array): number[] {
  const rows = Array.from({ length: scores.length / classes }, (_, row) => [
    ...scores.slice(row * classes, (row + 1) * classes),
  ]);
  return rows.flatMap((row) => {
    const powers = row.map((score) => Math.exp((score - Math.max(...row)) / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
}

/** Mean divergence of a network's answers from those of the float network, over images `[n,3,12,12]`. */
export async function answerError(graph: Graph, float: Graph, images: Float32Array): Promise<number> {
  const [found, wanted] = [await runGraph(graph, images), await runGraph(float, images)].map(answersOf);
  const divergence = wanted!.reduce(
    (sum, p, at) => sum + p * Math.log(Math.max(p, 1e-30) / Math.max(found![at]!, 1e-30)),
    0,
  );
  return (divergence * classes) / wanted!.length;
}
