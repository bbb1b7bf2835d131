import type { Graph } from '../../../src/main/engine/onnx/graph';
import { runGraph } from './small-networks';

const [classes, temperature] = [10, 2];

/** Mean divergence of a network's answers from those of another on the same images, at the temperature that training has by default. */
export async function answerDivergence(graph: Graph, float: Graph, pixels: Float32Array): Promise<number> {
  const [found, wanted] = [await runGraph(graph, pixels), await runGraph(float, pixels)].map(answersOf);
  const sum = wanted!.reduce(
    (total, p, at) => total + p * Math.log(Math.max(p, 1e-30) / Math.max(found![at]!, 1e-30)),
    0,
  );
  return (sum * classes) / wanted!.length;
}

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
