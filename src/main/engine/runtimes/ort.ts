import { AppError, type ErrorCode } from '@shared/errors';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { OperatorProfile } from './operator-profile';
import { cleanRuntimeMessage } from './runtime-message';
import type { OperatorTime, Runtime, RuntimeTensor, Session, SessionOptions } from './runtime';

// What ONNX Runtime would log to stderr as an error it also throws; the sentence for people is made from the thrown one.
env.logLevel = 'fatal';

const optimizationLevels = { none: 'disabled', basic: 'basic', all: 'all' } as const;

function sessionOptions(options: SessionOptions, profile?: OperatorProfile): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimizationLevels[options.optimization ?? 'all'],
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 4,
    ...(options.optimizedModelPath === undefined ? {} : { optimizedModelFilePath: options.optimizedModelPath }),
    ...(profile ? { enableProfiling: true, profileFilePrefix: profile.prefix } : {}),
    extra: {
      session: {
        // Worker threads spin while a run is under way (the default, and what deployed sessions do) but stop when it
        // returns. Otherwise the idle pool of one session would burn the cores another session is measured on.
        intra_op: { allow_spinning: '1' },
        force_spinning_stop: '1',
      },
    },
  };
}

function rejected(code: ErrorCode, path: string, thrown: unknown): AppError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError(code, { path, detail: cleanRuntimeMessage(message, path) }, { cause: thrown });
}

function toTensors(values: Record<string, RuntimeTensor>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { type, data, shape }]) => [name, new Tensor(type, data, shape)]),
  );
}

class OrtSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: Session['inputs'];

  constructor(
    private readonly session: InferenceSession,
    private readonly path: string,
    private profile?: OperatorProfile,
  ) {
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.inputs = Object.fromEntries(
      session.inputMetadata.map((value) => [
        value.name,
        value.isTensor ? { type: value.type, shape: value.shape } : { type: 'other', shape: [] },
      ]),
    );
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
      throw rejected('model.runtime-failed', this.path, thrown);
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

/**
 * ONNX Runtime on the CPU: `threads` threads inside an operator, operators one after the other, every graph optimization
 * unless asked otherwise. `run` blocks the calling thread, so callers live in a worker process.
 */
export const ort: Runtime = {
  id: 'ort-cpu',
  title: 'ONNX Runtime, CPU',
  format: 'onnx',
  options: z.strictObject({}),
  version: () => env.versions.node ?? env.versions.common,
  devices: async () => [{ id: 'cpu', title: 'CPU' }],
  async open(model, options) {
    const path = typeof model === 'string' ? model : 'the model';
    const profile = options.profile ? await OperatorProfile.create() : undefined;
    try {
      const settings = sessionOptions(options, profile);
      const session =
        typeof model === 'string'
          ? await InferenceSession.create(model, settings)
          : await InferenceSession.create(model, settings);
      return new OrtSession(session, path, profile);
    } catch (thrown) {
      await profile?.remove();
      throw rejected('model.runtime-rejected', path, thrown);
    }
  },
};
