import { batchSizeFor, leastBatches, noImages } from './calibration-run';
import type { Graph, Node } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import type { TechniqueContext } from './technique-context';
import { heldInputs, runOnHeld, type Values } from './held-values';
import { Liveness } from './liveness';

/** Memory for the activations kept between layers, usually. */
const heldBytes = 320 * 2 ** 20;

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
  private readonly liveness: Liveness;
  private readonly batch: number;

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
    private readonly memoryBytes = heldBytes,
  ) {
    this.liveness = new Liveness(reference, false);
    this.batch = batchSizeFor(graph, limit);
  }

  /** The name of a value of the reference network in the graphs that `observe` runs. */
  referenceOf = (value: string): string =>
    value === '' || this.graph === this.reference || this.liveness.isInput(value) ? value : `${value}@reference`;

  /**
   * Runs further nodes on what a layer reads, in both networks, and hands out their outputs batch by batch.
   * @param extend adds nodes and outputs to a graph that has the values. Throws `technique.failed` without images, `cancelled`.
   */
  async observe(
    layer: Node,
    extend: (graph: Graph) => void,
    take: (results: Values, batch: number) => void,
  ): Promise<void> {
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

  /** Images whose activations at `position` may be kept; 0 where their shapes are not known. */
  private affordable(position: number): number {
    const bytes = this.liveness.bytesBefore(position, (name) => (this.referenceOf(name) === name ? 1 : 2));
    return Number.isFinite(bytes)
      ? Math.min(this.limit, Math.max(leastBatches * this.batch, Math.floor(this.memoryBytes / bytes)))
      : 0;
  }

  private async moveTo(position: number): Promise<void> {
    const images = this.affordable(position);
    if (this.heldImages === 0 || (images >= Math.min(2 * this.heldImages, this.limit) && images > this.heldImages)) {
      await this.begin(images === 0 ? this.limit : images);
    }
    if (images === 0) return;
    while (this.held.length > leastBatches && this.heldImages > images) {
      this.held.pop();
      this.heldImages = this.held.length * this.batch;
    }
    if (this.position < position) await this.advance(position);
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
    const outputs = this.liveness.before(position).flatMap((name) => [...new Set([name, this.referenceOf(name)])]);
    const passed = new Set(graph.inputs.map((value) => value.name));
    graph.outputs = outputs.filter((name) => !passed.has(name)).map((name) => makeValue(name, 'float32', []));
    await runOnHeld(graph, this.held, this.context, (results, batch) => {
      // What is not alive any more is freed at once.
      const before = this.held[batch]!;
      this.held[batch] = Object.fromEntries(outputs.map((name) => [name, results[name] ?? before[name]!]));
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
