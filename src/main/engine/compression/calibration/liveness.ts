import { singleBatch } from '../../onnx/classifier';
import { elementCount, type Graph } from '../../onnx/graph';
import { inferShapes } from '../../onnx/shapes';

/** Which values must be held for a graph to go on from one of its nodes: those made before it that it or a later one reads. */
export class Liveness {
  private readonly madeBy: Map<string, number>;
  private readonly lastUse = new Map<string, number>();
  private readonly shapes: ReturnType<typeof inferShapes>;

  /** @param holdsOutputs the graph's outputs are alive to the end */
  constructor(graph: Graph, holdsOutputs: boolean) {
    this.madeBy = new Map(graph.inputs.map(({ name }) => [name, -1]));
    graph.nodes.forEach(({ inputs, outputs }, index) => {
      for (const name of outputs) this.madeBy.set(name, index);
      for (const name of inputs) this.lastUse.set(name, index);
    });
    if (holdsOutputs) for (const { name } of graph.outputs) this.lastUse.set(name, graph.nodes.length);
    this.shapes = inferShapes(graph, singleBatch(graph));
  }

  /** Names of the values alive before node number `position`. */
  before(position: number): string[] {
    return [...this.madeBy].flatMap(([name, made]) =>
      name !== '' && made < position && (this.lastUse.get(name) ?? -1) >= position ? [name] : [],
    );
  }

  /** Memory that the values alive there take for an image; NaN where a shape is not known. @param copies of each value */
  bytesBefore(position: number, copies: (name: string) => number = () => 1): number {
    const bytes = this.before(position).map((name) => {
      const shape = this.shapes.get(name)?.shape ?? [NaN];
      return elementCount(shape.map(Number)) * 4 * copies(name);
    });
    return bytes.reduce((sum, each) => sum + each, 0);
  }

  isInput(name: string): boolean {
    return this.madeBy.get(name) === -1;
  }
}
