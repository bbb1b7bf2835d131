import { env, InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';
import { OperatorProfile } from './operator-profile';
import { commonSessionOptions, OrtSession, runtimeError } from './ort-session';
import type { Runtime, SessionOptions } from './runtime';

// What ONNX Runtime would log to stderr as an error it also throws; the sentence for people is made from the thrown one.
env.logLevel = 'fatal';

function sessionOptions(options: SessionOptions, profile?: OperatorProfile): InferenceSession.SessionOptions {
  return {
    ...commonSessionOptions(options),
    executionProviders: ['cpu'],
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

/**
 * ONNX Runtime on the CPU: `threads` threads inside an operator, operators one after the other, every graph optimization
 * unless asked otherwise. `run` blocks the calling thread, so callers live in a worker process.
 */
export const ort: Runtime = {
  id: 'ort-cpu',
  title: 'ONNX Runtime',
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
      return new OrtSession(session, path, { profile });
    } catch (thrown) {
      await profile?.remove();
      throw runtimeError('model.runtime-rejected', path, thrown);
    }
  },
};
