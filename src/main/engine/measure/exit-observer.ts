import type { ModelCard } from '@shared/model-card';
import { withExitTaken } from '../onnx/exit-taken';
import { loadBranching } from '../onnx/load';
import { encodeModel } from '../onnx/save';
import type { Runtime, RuntimeTensor, Session } from '../runtimes/runtime';
import { modelInput, type ModelInput } from './model-input';

/** Where images leave a network that has exits; nothing is timed. */
export class ExitObserver {
  private constructor(
    private readonly session: Session,
    readonly input: ModelInput,
    private readonly output: string,
    /** Names of the exits, from the first. */
    readonly exits: readonly string[],
  ) {}

  /**
   * @param runtime one that takes ONNX
   * Throws what `loadBranching` and `Runtime.open` throw, `model.differs`, `model.not-classifier`.
   */
  static async open(path: string, card: ModelCard, runtime: Runtime, threads: number): Promise<ExitObserver> {
    const { graph, output, nodes } = withExitTaken(await loadBranching(path));
    const session = await runtime.open(encodeModel(graph), { threads });
    try {
      return new ExitObserver(session, modelInput(session, card, path), output, nodes);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** The exit at which an image leaves; undefined where it goes all the way. */
  async exitOf(image: RuntimeTensor): Promise<string | undefined> {
    const results = await this.session.run({ [this.input.name]: image });
    return this.exits[Number(results[this.output]!.data[0])];
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
