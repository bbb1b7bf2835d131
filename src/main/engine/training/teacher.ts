import { calculator, type RuntimeTensor, type Session } from '../compression/calculator';
import type { TrainingBatch } from '../compression/calibration/technique-context';
import type { Graph } from '../onnx/graph';
import { makeValue } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { encodeModel } from '../onnx/save';

/** A network that is not trained and says what the other should answer. */
export class Teacher {
  private constructor(
    private readonly session: Session,
    private readonly input: string,
  ) {}

  /** @param values names of what it is asked for. Throws `model.runtime-rejected`. */
  static async open(graph: Graph, values: readonly string[], threads: number): Promise<Teacher> {
    const outputs = values.map((name) => makeValue(name, 'float32', []));
    const bytes = encodeModel(removeDead({ ...graph, outputs }), { openOutputs: true });
    return new Teacher(await calculator.open(bytes, { threads }), graph.inputs[0]!.name);
  }

  /** The values for a batch, by name. */
  async answer({ pixels, shape }: Pick<TrainingBatch, 'pixels' | 'shape'>): Promise<Record<string, RuntimeTensor>> {
    return this.session.run({ [this.input]: { type: 'float32', shape, data: pixels } });
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
