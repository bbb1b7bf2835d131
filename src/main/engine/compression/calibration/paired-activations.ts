import { batchSizeFor, leastBatches, noImages } from './calibration-run';
import type { Graph, Node } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import type { TechniqueContext } from './technique-context';
import { heldInputs, runOnHeld, type Values } from './held-values';
import { Liveness } from './liveness';

/** Memory for the activations kept between layers, usually. */
const heldBytes = 320 * 2 ** 20;
/** Of the layers of one network that a session runs between what is held and the layer at hand. */
const heldWeights = 2 ** 28;

/**
 * Activations of a network whose layers change one after the other, and of the network it started from, on the same calibration images.
 * What later layers read is kept, so that each node runs about once an image; where that would take too much memory (large maps near the
 * input), fewer images are used.
 */
export class PairedActivations {
  /** What is alive before node number `position`, batch by batch, and how many images each is of. */
  private held: Values[] = [];
  private sizes: number[] = [];
  private position = 0;
  /** Of the batches held, those that the layer at hand is looked at with, the first ones. */
  private used = 0;
  /** Images that there are to use. */
  private most: number;
  /** Images whose activations may be kept, by position. */
  private readonly affordableAt = new Map<number, number>();
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
    // The last batch is a short one where the images end with it, unless the model fixes the batch.
    const endsShort = limit === context.calibration.count && typeof graph.inputs[0]!.shape[0] !== 'number';
    this.most = endsShort
      ? limit
      : Math.min(limit, Math.max(leastBatches, Math.floor(limit / this.batch)) * this.batch);
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
    const graph = this.both(position);
    extend(graph);
    await runOnHeld(graph, this.held.slice(0, this.used), this.context, take);
  }

  /** About how many images `observe` will use for a layer. */
  imagesFor(layer: Node): number {
    return this.affordable(this.graph.nodes.indexOf(layer)) || this.most;
  }

  /** Images whose activations at `position` may be kept; 0 where their shapes are not known. */
  private affordable(position: number): number {
    let images = this.affordableAt.get(position);
    if (images === undefined) {
      const bytes = this.liveness.bytesBefore(position, (name) => (this.referenceOf(name) === name ? 1 : 2));
      images = Number.isFinite(bytes) ? Math.max(leastBatches * this.batch, Math.floor(this.memoryBytes / bytes)) : 0;
      this.affordableAt.set(position, images);
    }
    return Math.min(this.most, images);
  }

  private async moveTo(position: number): Promise<void> {
    const images = this.affordable(position);
    const wanted = images === 0 ? this.most : images;
    if (this.isMuchMore(images, this.imagesOf(this.used))) {
      if (this.held.length === 0 || this.held.length < this.batchesOf(wanted)) await this.begin(wanted);
      this.used = this.held.length;
    }
    if (images === 0) return;
    this.used = Math.min(this.used, this.batchesOf(images));
    const kept = this.usedLater(position);
    this.held.length = this.sizes.length = kept;
    // Where more are kept than there is memory for, all stay where they take less, and what is between is run once more for this layer.
    const isRoom = kept === this.used || this.imagesOf() <= images;
    if (this.position < position && isRoom) await this.advance(position);
  }

  /** Batches of at most so many images; a few are held whatever they take. */
  private batchesOf(images: number): number {
    return images >= this.most
      ? Math.ceil(this.most / this.batch)
      : Math.max(leastBatches, Math.floor(images / this.batch));
  }

  private imagesOf(batches = this.held.length): number {
    return this.sizes.slice(0, batches).reduce((sum, size) => sum + size, 0);
  }

  /** Whether so many images are enough more than there are to run them from the input. */
  private isMuchMore(images: number, there: number): boolean {
    return there === 0 || (images >= Math.min(2 * there, this.most) && images > there);
  }

  /**
   * How many of the batches held to keep: as many as the layer at `position` makes use of, or a later one, for which they would be run from the
   * input; unless so many layers are between that running these anew for each of them takes longer, or one session would hold too much of them.
   */
  private usedLater(position: number): number {
    const { nodes } = this.graph;
    if (this.held.length === this.used) return this.used;
    let images = this.imagesOf(this.used);
    for (let later = position + 1; later < nodes.length; later++) {
      if (!this.hasWeights(nodes[later]!)) continue;
      const affordable = this.affordable(later);
      if (affordable === 0) continue;
      const batches = this.batchesOf(affordable);
      if (this.isMuchMore(affordable, images)) {
        const layersFrom = (start: number): number =>
          nodes.slice(start, later).filter((node) => this.hasWeights(node)).length;
        const anew = (this.imagesOf(this.used) * layersFrom(this.position) ** 2) / 2;
        const pays =
          anew <= batches * this.batch * layersFrom(0) && this.weightBytes(this.position, later) <= heldWeights;
        return pays && batches <= this.held.length ? batches : this.used;
      }
      images = Math.min(images, batches * this.batch);
    }
    return this.used;
  }

  private weightBytes(start: number, end: number): number {
    const names = this.graph.nodes.slice(start, end).flatMap(({ inputs }) => inputs);
    return names.reduce((sum, name) => sum + (this.graph.initializers.get(name)?.data.byteLength ?? 0), 0);
  }

  private hasWeights({ op, inputs }: Node): boolean {
    return (op === 'Conv' || op === 'Gemm' || op === 'MatMul') && this.graph.initializers.has(inputs[1]!);
  }

  /** Back to the input, with this many images. */
  private async begin(images: number): Promise<void> {
    this.held = [];
    this.sizes = [];
    this.position = 0;
    const { name } = this.graph.inputs[0]!;
    for await (const { data, shape } of this.context.calibration.batches(this.batch)) {
      // A model with a fixed batch sees full ones only.
      if (typeof this.graph.inputs[0]!.shape[0] === 'number' && shape[0] !== this.batch) break;
      // The next batch may overwrite this one's memory.
      this.held.push({ [name]: { type: 'float32', shape, data: data.slice() } });
      this.sizes.push(shape[0]!);
      if (this.imagesOf() >= images) return;
    }
    // Some could not be read, or are too few for a whole batch.
    this.most = this.imagesOf();
    if (this.held.length === 0) throw noImages(this.id);
  }

  /** One network after the other: a session holds the weights of its nodes several times. */
  private async advance(position: number): Promise<void> {
    const alive = new Set(this.liveness.before(position));
    const gone = this.liveness.before(this.position).filter((name) => !alive.has(name));
    const passed = new Set(Object.keys(this.held[0]!));
    const networks: [Graph, (name: string) => string][] = [[this.own(position), (name) => name]];
    if (this.graph !== this.reference) networks.push([this.other(position), this.referenceOf]);
    for (const [at, [graph, nameOf]] of networks.entries()) {
      const names = [...alive].map(nameOf).filter((name) => !passed.has(name));
      graph.outputs = names.map((name) => makeValue(name, 'float32', []));
      // The other network may read the input still.
      const isLast = at === networks.length - 1;
      const dropped = new Set(gone.filter((name) => isLast || !this.liveness.isInput(name)).map(nameOf));
      await runOnHeld(graph, this.held, this.context, (results, batch) => {
        // What is not alive any more is freed at once.
        const kept = Object.entries(this.held[batch]!).filter(([name]) => !dropped.has(name));
        this.held[batch] = { ...Object.fromEntries(kept), ...results };
      });
    }
    this.position = position;
  }

  /** The network as it is, from where activations are held up to `end`; without outputs. */
  private own(end: number): Graph {
    const nodes = this.graph.nodes.slice(this.position, end);
    return { ...this.graph, inputs: heldInputs(this.held[0]!), outputs: [], nodes, metadata: {} };
  }

  /** The reference, in the same way. */
  private other(end: number): Graph {
    const { referenceOf } = this;
    const nodes = this.reference.nodes.slice(this.position, end).map((node) => ({
      ...node,
      name: '',
      inputs: node.inputs.map(referenceOf),
      outputs: node.outputs.map(referenceOf),
    }));
    const initializers = new Map([...this.reference.initializers].map(([name, tensor]) => [referenceOf(name), tensor]));
    return { ...this.own(end), nodes, initializers };
  }

  /** Both networks, in the same way. */
  private both(end: number): Graph {
    const own = this.own(end);
    const other = this.graph === this.reference ? { nodes: [], initializers: [] } : this.other(end);
    return {
      ...own,
      nodes: [...own.nodes, ...other.nodes],
      initializers: new Map([...own.initializers, ...other.initializers]),
    };
  }
}
