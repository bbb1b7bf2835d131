import type { Graph, Tensor } from '../../onnx/graph';
import { analyseShapes } from '../../onnx/shapes';

/** What is known of the values of a graph before it runs, as converters ask for it. */
export class KnownValues {
  readonly opset: number;
  private readonly analysis: ReturnType<typeof analyseShapes>;

  constructor(protected readonly graph: Graph) {
    this.opset = graph.opsets[''] ?? 1;
    this.analysis = analyseShapes(graph);
  }

  /** As ONNX sees it; undefined where a size is not known. */
  shapeOf(name: string): number[] | undefined {
    const shape = this.analysis.shapes.get(name)?.shape;
    return shape?.every((size) => typeof size === 'number') ? [...shape] : undefined;
  }

  /** The ONNX type of its elements; floats where it is not known. */
  elementOf(name: string): Tensor['type'] {
    return this.analysis.shapes.get(name)?.type ?? 'float32';
  }

  /** Integers that are the same for every image. */
  integersOf(name: string): readonly number[] | undefined {
    const known = this.analysis.known.get(name)?.data;
    if (known?.every((value) => typeof value === 'number')) return known;
    const tensor = this.graph.initializers.get(name);
    return tensor && /^u?int/.test(tensor.type) ? Array.from(tensor.data as ArrayLike<number>, Number) : undefined;
  }

  initializer(name: string): Tensor | undefined {
    return this.graph.initializers.get(name);
  }
}
