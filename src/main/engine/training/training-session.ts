import { calculator, type RuntimeTensor, type Session } from '../compression/calculator';
import { elementCount, type Tensor } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import { encodeModel } from '../onnx/save';
import type { StepGraph } from './step-graph';

type Tensors = Record<string, RuntimeTensor>;

/** How parameters do on a batch. */
export interface Judged {
  loss: number;
  /** Share of the images that get the class that they should; absent where the objective does not tell. */
  agreement?: number;
}

const real = (shape: readonly number[], data: Float32Array): RuntimeTensor => ({ type: 'float32', shape, data });

const copied = ({ shape, data }: Tensor): RuntimeTensor => real(shape, (data as Float32Array).slice());

const scalarOf = (results: Tensors, name: string): number => (results[name]!.data as Float32Array)[0]!;

/**
 * Runs training steps. Parameters and what the optimiser keeps stay in two sets of buffers, of which one goes into a step and the other
 * takes what comes out; then they change places. Where the optimiser keeps the mean of a parameter over steps, that is what is judged and
 * taken in the end.
 */
export class TrainingSession {
  private steps = 0;
  private judging: Session | undefined;
  private hasKept = false;

  private constructor(
    private readonly session: Session,
    private readonly step: StepGraph,
    private readonly threads: number,
    private current: Tensors,
    private spare: Tensors,
    private readonly settings: Tensors,
    /** Of `keep`, by parameter. */
    private readonly kept: ReadonlyMap<string, Float32Array>,
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
    const kept = new Map(step.parameters.map((name) => [name, new Float32Array(current[name]!.data.length)]));
    return new TrainingSession(session, step, threads, current, spare, settings, kept);
  }

  /** One step on a batch. @returns the loss before it */
  async train(batch: Tensors, learningRate: number): Promise<number> {
    this.steps++;
    const { step, current, spare } = this;
    const scalars = { [step.learningRate]: learningRate, ...step.optimizer.feeds(this.steps) };
    const feeds: Tensors = { ...batch, ...current, ...this.settings };
    for (const [name, value] of Object.entries(scalars)) feeds[name] = real([1], Float32Array.of(value));
    const into: Tensors = { [step.loss]: real([], new Float32Array(1)) };
    for (const [input, output] of step.carried) into[output] = spare[input]!;
    const results = await this.session.run(feeds, into);
    [this.current, this.spare] = [spare, current];
    return scalarOf(results, step.loss);
  }

  /** How the parameters that would be taken now do on a batch; nothing changes. */
  async judge(batch: Tensors): Promise<Judged> {
    const { step, threads } = this;
    // Optimized further, roundings would become integer kernels: other numbers than those that are trained.
    this.judging ??= await calculator.open(encodeModel(step.judge), { threads, optimization: 'basic' });
    const feeds: Tensors = { ...batch, ...this.settings };
    for (const { name } of step.judge.inputs) if (name in this.current) feeds[name] = this.takenOf(name);
    const results = await this.judging.run(feeds);
    const loss = scalarOf(results, step.judgedLoss);
    return step.agreement === undefined ? { loss } : { loss, agreement: scalarOf(results, step.agreement) };
  }

  /** The loss that `judge` finds. */
  async lossOn(batch: Tensors): Promise<number> {
    return (await this.judge(batch)).loss;
  }

  /** Its mean over steps, where there is one. */
  private takenOf(parameter: string): RuntimeTensor {
    const mean = this.steps > 0 ? this.step.means.get(parameter) : undefined;
    return this.current[mean ?? parameter]!;
  }

  /**
   * All that goes from one step to the next, settings, and what was kept, in a fixed order: what a checkpoint holds. Written into before the first step,
   * it is taken up.
   */
  get carried(): Float32Array[] {
    const carried = [...this.step.carried.keys()].map((name) => this.current[name]!.data as Float32Array);
    const settings = Object.values(this.settings).map(({ data }) => data as Float32Array);
    return [...carried, ...settings, ...this.kept.values()];
  }

  /**
   * The numbers of a setting, or of what is carried, as they are until the next step: they may be written into. Undefined where the loss does
   * not depend on them.
   */
  setting(name: string): Float32Array | undefined {
    return (this.settings[name] ?? this.current[name])?.data as Float32Array | undefined;
  }

  /** Counts steps that an earlier run did. @param hasKept whether it had kept parameters */
  resumeAt(steps: number, hasKept = false): void {
    this.steps = steps;
    this.hasKept = hasKept;
  }

  /** Keeps the parameters as they would be taken now: they are taken in the end, unless others are kept. */
  keep(): void {
    for (const [name, data] of this.kept) data.set(this.takenOf(name).data as Float32Array);
    this.hasKept = true;
  }

  /** The parameters that were kept, or else as they are now, copied. */
  parameters(): Map<string, Tensor> {
    return new Map(
      this.step.parameters.map((name) => {
        const taken = this.takenOf(name);
        const data = this.hasKept ? this.kept.get(name)! : (taken.data as Float32Array);
        return [name, float32Tensor([...taken.shape], data.slice())];
      }),
    );
  }

  async close(): Promise<void> {
    await this.judging?.close();
    await this.session.close();
  }
}
