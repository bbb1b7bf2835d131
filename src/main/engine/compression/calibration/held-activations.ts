import { AppError } from '@shared/errors';
import type { Graph, Node } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import { usualBatch } from './calibration-run';
import type { TechniqueContext } from './technique-context';
import { heldInputs, runOnHeld, type Values } from './held-values';
import { Liveness } from './liveness';

/** Memory for the activations of a round, usually. */
const heldBytes = 320 * 2 ** 20;

/**
 * A float network stopped in front of one of its layers, with the activations that are alive there: what comes after the layer can be
 * run in many forms while what comes before runs once. As many images as fit into memory are held at a time, in rounds.
 */
export class HeldActivations {
  /** What is alive before node number `position`, batch by batch. */
  private held: Values[] = [];
  private position = 0;
  private readonly liveness: Liveness;
  private readonly roundImages: number;

  /** @param stops nodes in front of which `moveTo` will stop, in graph order */
  constructor(
    private readonly graph: Graph,
    stops: readonly Node[],
    private readonly context: Pick<TechniqueContext, 'calibration' | 'threads' | 'signal'>,
    memoryBytes = heldBytes,
  ) {
    this.liveness = new Liveness(graph, true);
    this.roundImages = this.affordableImages(stops, memoryBytes);
  }

  /** Calibration images in copies of their own, in rounds as large as memory allows; a model with a fixed batch sees full ones only. */
  async *rounds(limit: number): AsyncIterable<Values[]> {
    const { name, shape: wanted } = this.graph.inputs[0]!;
    const fixedBatch = typeof wanted[0] === 'number' ? wanted[0] : undefined;
    let round: Values[] = [];
    let [inRound, done] = [0, 0];
    for await (const { data, shape } of this.context.calibration.batches(fixedBatch ?? Math.min(usualBatch, limit))) {
      if (this.context.signal.aborted) throw new AppError('cancelled');
      if (fixedBatch !== undefined && shape[0] !== fixedBatch) break;
      const count = fixedBatch ?? Math.min(shape[0]!, limit - done);
      const taken = data.slice(0, (data.length / shape[0]!) * count);
      round.push({ [name]: { type: 'float32', shape: [count, ...shape.slice(1)], data: taken } });
      inRound += count;
      done += count;
      if (done >= limit) break;
      if (inRound < this.roundImages) continue;
      yield round;
      [round, inRound] = [[], 0];
    }
    if (round.length > 0) yield round;
  }

  /** Takes the images of a round to the input of the network. */
  begin(round: Values[]): void {
    this.held = round;
    this.position = 0;
  }

  /** On to the input of a layer, never back: a round that is past it has to begin again. */
  async moveTo(layer: Node): Promise<void> {
    const end = this.graph.nodes.indexOf(layer);
    if (end === this.position) return;
    if (end < this.position) throw new RangeError(`${layer.name} lies behind what is held`);
    const section = this.section(end);
    const wanted = this.liveness.before(end);
    const passed = new Set(section.inputs.map((value) => value.name));
    section.outputs = wanted.filter((name) => !passed.has(name)).map((name) => makeValue(name, 'float32', []));
    await this.run(section, (results, batch) => {
      // What is not alive any more is freed at once.
      const before = this.held[batch]!;
      this.held[batch] = Object.fromEntries(wanted.map((name) => [name, results[name] ?? before[name]!]));
    });
    this.position = end;
  }

  /** Whether what is held has passed the input of a layer. */
  isPast(layer: Node): boolean {
    return this.graph.nodes.indexOf(layer) < this.position;
  }

  /** The network from here on; its inputs are what is alive. It shares nodes with the graph. */
  rest(): Graph {
    return this.section(this.graph.nodes.length);
  }

  /** A graph of the same nodes and names from here on, of which nothing before has changed. */
  restOf(changed: Graph): Graph {
    return { ...changed, inputs: heldInputs(this.held[0]!), nodes: changed.nodes.slice(this.position), metadata: {} };
  }

  /** Runs a graph with inputs as those of `rest` on what is held, batch by batch. */
  async run(graph: Graph, take: (results: Values, batch: number) => void): Promise<void> {
    await runOnHeld(graph, this.held, this.context, take);
  }

  private section(end: number): Graph {
    const inputs = heldInputs(this.held[0]!);
    return { ...this.graph, inputs, nodes: this.graph.nodes.slice(this.position, end), metadata: {} };
  }

  /** One batch where shapes are not known. */
  private affordableImages(stops: readonly Node[], memoryBytes: number): number {
    const bytes = stops.map((node) => this.liveness.bytesBefore(this.graph.nodes.indexOf(node)));
    const images = Math.floor(memoryBytes / Math.max(1, ...bytes));
    return Number.isFinite(images) ? Math.max(1, images) : usualBatch;
  }
}
