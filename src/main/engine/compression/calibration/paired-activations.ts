import { noImages } from './calibration-run';
import { singleBatch } from '../../onnx/classifier';
import { elementCount, type Graph, type Node } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import { inferShapes } from '../../onnx/shapes';
import type { TechniqueContext } from './technique-context';
import { heldInputs, runOnHeld, type Values } from './held-values';

/** Memory for the activations kept between layers. */
const heldBytes = 320 * 2 ** 20;
const usualBatch = 8;

/**
 * Activations of a network whose layers change one after the other, and of the network it started from, on the same calibration images.
 * What later layers read is kept, so that each node runs about once an image; where that would take too much memory (large maps near the
 * input), fewer images are used.
 */
export class PairedActivations {
  /** What is alive before node number `position`, batch by batch. */
  private held: Values[] = [];
  private heldImages = 0;
  private position = 0;
  private readonly shapes: ReturnType<typeof inferShapes>;
  private readonly madeBy: Map<string, number>;
  private readonly lastUse = new Map<string, number>();

  /**
   * @param graph the caller replaces weights of its layers, never of those passed already. @param reference the same nodes in the same
   * order; where it is the same graph, its values are there once. @param limit calibration images used at most.
   */
  constructor(
    private readonly graph: Graph,
    private readonly reference: Graph,
    readonly limit: number,
    private readonly context: Pick<TechniqueContext, 'calibration' | 'threads' | 'signal'>,
    private readonly id: string,
  ) {
    this.shapes = inferShapes(reference, singleBatch(reference));
    this.madeBy = new Map(reference.inputs.map(({ name }) => [name, -1]));
    reference.nodes.forEach(({ inputs, outputs }, index) => {
      for (const name of outputs) this.madeBy.set(name, index);
      for (const name of inputs) this.lastUse.set(name, index);
    });
  }

  /** The name of a value of the reference network in the graphs that `observe` runs. */
  referenceOf = (value: string): string =>
    value === '' || this.graph === this.reference || this.madeBy.get(value) === -1 ? value : `${value}@reference`;

  /**
   * Runs further nodes on what a layer reads, in both networks, and hands out their outputs batch by batch.
   * @param extend adds nodes and outputs to a graph that has the values. Throws `technique.failed` without images, `cancelled`.
   */
  async observe(layer: Node, extend: (graph: Graph) => void, take: (results: Values) => void): Promise<void> {
    const position = this.graph.nodes.indexOf(layer);
    await this.moveTo(position);
    const graph = this.section(position);
    extend(graph);
    await runOnHeld(graph, this.held, this.context, take);
  }

  /** About how many images `observe` will use for a layer. */
  imagesFor(layer: Node): number {
    return this.affordable(this.graph.nodes.indexOf(layer)) || this.limit;
  }

  private alive(position: number): string[] {
    return [...this.madeBy].flatMap(([name, made]) =>
      made < position && (this.lastUse.get(name) ?? -1) >= position ? [name] : [],
    );
  }

  /** Images whose activations at `position` may be kept; 0 where their shapes are not known. */
  private affordable(position: number): number {
    const sizes = this.alive(position).map((name) => {
      const shape = this.shapes.get(name)?.shape ?? [NaN];
      return elementCount(shape.map(Number)) * 4 * (this.referenceOf(name) === name ? 1 : 2);
    });
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return Number.isFinite(bytes) ? Math.min(this.limit, Math.max(usualBatch, Math.floor(heldBytes / bytes))) : 0;
  }

  private async moveTo(position: number): Promise<void> {
    const images = this.affordable(position);
    if (this.heldImages === 0 || (images >= Math.min(2 * this.heldImages, this.limit) && images > this.heldImages)) {
      await this.begin(images === 0 ? this.limit : images);
    }
    if (images === 0) return;
    while (this.held.length > 1 && this.heldImages > images) {
      this.held.pop();
      this.heldImages = this.held.length * this.batch;
    }
    if (this.position < position) await this.advance(position);
  }

  private get batch(): number {
    const size = this.graph.inputs[0]!.shape[0];
    return typeof size === 'number' && size > 0 ? size : usualBatch;
  }

  /** Back to the input, with this many images. */
  private async begin(images: number): Promise<void> {
    this.held = [];
    this.heldImages = 0;
    this.position = 0;
    const { name } = this.graph.inputs[0]!;
    for await (const { data, shape } of this.context.calibration.batches(this.batch)) {
      // A model with a fixed batch sees full ones only.
      if (typeof this.graph.inputs[0]!.shape[0] === 'number' && shape[0] !== this.batch) break;
      // The next batch may overwrite this one's memory.
      this.held.push({ [name]: { type: 'float32', shape, data: data.slice() } });
      this.heldImages += shape[0]!;
      if (this.heldImages >= images) return;
    }
    if (this.heldImages === 0) throw noImages(this.id);
  }

  private async advance(position: number): Promise<void> {
    const graph = this.section(position);
    const outputs = this.alive(position).flatMap((name) => [...new Set([name, this.referenceOf(name)])]);
    const passed = new Set(graph.inputs.map((value) => value.name));
    graph.outputs = outputs.filter((name) => !passed.has(name)).map((name) => makeValue(name, 'float32', []));
    let batch = 0;
    const next: Values[] = [];
    await runOnHeld(graph, this.held, this.context, (results) => {
      const before = this.held[batch]!;
      next.push(Object.fromEntries(outputs.map((name) => [name, results[name] ?? before[name]!])));
      // What is not alive any more can be freed at once.
      this.held[batch++] = next.at(-1)!;
    });
    this.position = position;
  }

  /** Both networks from where activations are held up to `end`; without outputs. */
  private section(end: number): Graph {
    const nodes = this.graph.nodes.slice(this.position, end);
    const inputs = heldInputs(this.held[0]!);
    const initializers = new Map(this.graph.initializers);
    const section = { ...this.graph, inputs, outputs: [], nodes, initializers, metadata: {} };
    if (this.graph === this.reference) return section;
    const others = this.reference.nodes.slice(this.position, end).map((node) => ({
      ...node,
      name: '',
      inputs: node.inputs.map(this.referenceOf),
      outputs: node.outputs.map(this.referenceOf),
    }));
    for (const [name, tensor] of this.reference.initializers) initializers.set(this.referenceOf(name), tensor);
    return { ...section, nodes: [...nodes, ...others] };
  }
}
