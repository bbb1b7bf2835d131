import { calculator, type RuntimeTensor, type Session } from '../compression/calculator';
import { elementCount, type Tensor } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import { encodeModel } from '../onnx/save';
import type { StepGraph } from './step-graph';

type Tensors = Record<string, RuntimeTensor>;

const real = (shape: readonly number[], data: Float32Array): RuntimeTensor => ({ type: 'float32', shape, data });

const copied = ({ shape, data }: Tensor): RuntimeTensor => real(shape, (data as Float32Array).slice());

/**
 * Runs training steps. Parameters and what the optimiser keeps stay in two sets of buffers, of which one goes into a step and the other
 * takes what comes out; then they change places.
 */
export class TrainingSession {
  private steps = 0;

  private constructor(
    private readonly session: Session,
    private readonly step: StepGraph,
    private current: Tensors,
    private spare: Tensors,
    private readonly settings: Tensors,
  ) {}

  /**
   * @param start the parameters' first values, by name; they are copied
   * Throws `model.runtime-rejected`.
   */
  static async open(step: StepGraph, start: ReadonlyMap<string, Tensor>, threads: number): Promise<TrainingSession> {
    const session = await calculator.open(encodeModel(step.graph), { threads });
    const [current, spare, settings]: [Tensors, Tensors, Tensors] = [{}, {}, {}];
    for (const { name, shape } of step.graph.inputs) {
      if (step.settings.includes(name)) settings[name] = copied(start.get(name)!);
      if (!step.carried.has(name)) continue;
      const sizes = shape as number[];
      const data = new Float32Array(elementCount(sizes));
      if (step.parameters.includes(name)) data.set(start.get(name)!.data as Float32Array);
      current[name] = real(sizes, data);
      spare[name] = real(sizes, new Float32Array(data.length));
    }
    return new TrainingSession(session, step, current, spare, settings);
  }

  /** One step on a batch. @returns the loss before it */
  async train(batch: Tensors, learningRate: number): Promise<number> {
    this.steps++;
    const loss = await this.run(batch, learningRate);
    [this.current, this.spare] = [this.spare, this.current];
    return loss;
  }

  /** The loss on a batch; nothing changes. */
  async lossOn(batch: Tensors): Promise<number> {
    return this.run(batch, 0);
  }

  private async run(batch: Tensors, learningRate: number): Promise<number> {
    const { step, current, spare } = this;
    const scalars = { [step.learningRate]: learningRate, ...step.optimizer.feeds(Math.max(1, this.steps)) };
    const feeds: Tensors = { ...batch, ...current, ...this.settings };
    for (const [name, value] of Object.entries(scalars)) feeds[name] = real([1], Float32Array.of(value));
    const into: Tensors = { [step.loss]: real([], new Float32Array(1)) };
    for (const [input, output] of step.carried) into[output] = spare[input]!;
    const results = await this.session.run(feeds, into);
    return (results[step.loss]!.data as Float32Array)[0]!;
  }

  /** All that goes from one step to the next, in a fixed order: what a checkpoint holds. Written into before the first step, it is taken up. */
  get carried(): Float32Array[] {
    return [...this.step.carried.keys()].map((name) => this.current[name]!.data as Float32Array);
  }

  /**
   * The numbers of a setting, or of what is carried, as they are until the next step: they may be written into. Undefined where the loss does
   * not depend on them.
   */
  setting(name: string): Float32Array | undefined {
    return (this.settings[name] ?? this.current[name])?.data as Float32Array | undefined;
  }

  /** Counts steps that an earlier run did. */
  resumeAt(steps: number): void {
    this.steps = steps;
  }

  /** The parameters as they are now, copied. */
  parameters(): Map<string, Tensor> {
    return new Map(
      this.step.parameters.map((name) => {
        const { shape, data } = this.current[name]!;
        return [name, float32Tensor(shape, (data as Float32Array).slice())];
      }),
    );
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
