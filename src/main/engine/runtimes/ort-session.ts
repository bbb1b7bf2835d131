import { AppError, type ErrorCode } from '@shared/errors';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { OperatorProfile } from './operator-profile';
import { cleanRuntimeMessage } from './runtime-message';
import type { OperatorTime, RuntimeTensor, Session, SessionOptions, TensorInfo } from './runtime';

const optimizationLevels = { none: 'disabled', basic: 'basic', all: 'all' } as const;

/** What sessions of every build of ONNX Runtime are opened with: operators one after the other, all optimizations unless asked otherwise. */
export function commonSessionOptions(options: SessionOptions): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimizationLevels[options.optimization ?? 'all'],
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 4,
  };
}

/** What the runtime threw as the one sentence people read. */
export function runtimeError(code: ErrorCode, path: string, thrown: unknown): AppError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError(code, { path, detail: cleanRuntimeMessage(message, path) }, { cause: thrown });
}

function toTensors(values: Record<string, RuntimeTensor>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { type, data, shape }]) => [name, new Tensor(type, data, shape)]),
  );
}

function infoOf(values: InferenceSession['inputMetadata']): Record<string, TensorInfo> {
  return Object.fromEntries(
    values.map((value) => [
      value.name,
      value.isTensor ? { type: value.type, shape: value.shape } : { type: 'other', shape: [] },
    ]),
  );
}

/** A session of ONNX Runtime, whichever build of it opened it: all share one interface. */
export class OrtSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: Session['inputs'];
  readonly outputs: Session['outputs'];
  readonly notes: readonly string[] | undefined;
  private profile: OperatorProfile | undefined;

  constructor(
    private readonly session: InferenceSession,
    private readonly path: string,
    { profile, notes }: { profile?: OperatorProfile; notes?: readonly string[] } = {},
  ) {
    this.profile = profile;
    this.notes = notes;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.inputs = infoOf(session.inputMetadata);
    this.outputs = infoOf(session.outputMetadata);
  }

  async run(
    feeds: Record<string, RuntimeTensor>,
    into?: Record<string, RuntimeTensor>,
  ): Promise<Record<string, RuntimeTensor>> {
    try {
      const tensors = toTensors(feeds);
      const results = await (into ? this.session.run(tensors, toTensors(into)) : this.session.run(tensors));
      const outputs: Record<string, RuntimeTensor> = {};
      for (const [name, value] of Object.entries(results)) {
        outputs[name] = {
          type: value.type as RuntimeTensor['type'],
          shape: value.dims,
          data: value.data as RuntimeTensor['data'],
        };
      }
      return outputs;
    } catch (thrown) {
      throw runtimeError('model.runtime-failed', this.path, thrown);
    }
  }

  async operatorTimes(): Promise<OperatorTime[]> {
    const { profile } = this;
    this.profile = undefined;
    if (!profile) return [];
    this.session.endProfiling();
    try {
      return await profile.read();
    } finally {
      await profile.remove();
    }
  }

  async close(): Promise<void> {
    await this.session.release();
    await this.profile?.remove();
  }
}
