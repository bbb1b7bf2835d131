import { GradientWriter } from '../../gradients/gradient-writer';
import { FreshNames } from '../../onnx/fresh-names';
import { copyGraph, type Graph } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import { inferShapes } from '../../onnx/shapes';

/** An input of 0 and 1 that says which elements of an activation are rounded. */
export interface DropMask {
  name: string;
  shape: number[];
}

/**
 * The graph with activations of which each element is rounded or not, as masks say (Wei et al. 2022, "QDrop: randomly dropping quantization for
 * extremely low-bit post-training quantization"): what is learned is then less fitted to the errors of a few images.
 * @param graph with a number for every dimension; it is not changed
 * @param sources what is rounded, by the names of what comes of it
 */
export function dropRounding(graph: Graph, sources: ReadonlyMap<string, string>): { graph: Graph; masks: DropMask[] } {
  const result = copyGraph(graph);
  const shapes = inferShapes(graph);
  const names = new FreshNames(result);
  const masks: DropMask[] = [];
  result.nodes = result.nodes.flatMap((node) => {
    const [output] = node.outputs as [string];
    const source = sources.get(output);
    if (source === undefined) return [node];
    const mask = { name: names.like(`${output}.mask`), shape: shapes.get(output)!.shape as number[] };
    masks.push(mask);
    result.inputs.push(makeValue(mask.name, 'float32', mask.shape));
    const part: Graph = { ...result, nodes: [] };
    const write = new GradientWriter(part, names);
    const rounded = names.next();
    const change = write.multiply(write.subtract(rounded, source), mask.name);
    write.emit('Add', [source, change], {}, output);
    write.append();
    return [{ ...node, outputs: [rounded] }, ...part.nodes];
  });
  return { graph: result, masks };
}
