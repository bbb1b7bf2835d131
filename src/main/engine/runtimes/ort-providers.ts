import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { z } from 'zod';
import { makeNode, makeValue } from '../onnx/make';
import { encodeModel } from '../onnx/save';
import { isWithoutNvidia } from './nvidia-hardware';
import { ort } from './ort';
import { commonSessionOptions, OrtSession, runtimeError } from './ort-session';
import { probeInChild } from './probe-in-child';
import { cleanRuntimeMessage } from './runtime-message';
import type { Runtime, RuntimeDevice, SessionOptions } from './runtime';

/** An execution provider of ONNX Runtime beside its own CPU kernels. */
interface Provider {
  /** As in a target. */
  id: string;
  /** As sessions and `listSupportedBackends` name it. */
  name: string;
  /** As people write it. */
  title: string;
  device: RuntimeDevice;
  /** Which machines have a build with it. */
  platforms: string;
  /** Library that must lie beside the package's own, and is not in it. */
  library?: string;
}

const nvidia = { id: 'gpu', title: 'NVIDIA GPU' };
const nvidiaPlatforms = 'Linux x64 with an NVIDIA GPU, CUDA 12 and cuDNN 9';
const providers: readonly Provider[] = [
  {
    id: 'ort-cuda',
    name: 'cuda',
    title: 'CUDA',
    device: nvidia,
    platforms: nvidiaPlatforms,
    library: 'libonnxruntime_providers_cuda.so',
  },
  {
    id: 'ort-tensorrt',
    name: 'tensorrt',
    title: 'TensorRT',
    device: nvidia,
    platforms: `${nvidiaPlatforms}, and TensorRT`,
    library: 'libonnxruntime_providers_tensorrt.so',
  },
  {
    id: 'ort-directml',
    name: 'dml',
    title: 'DirectML',
    device: { id: 'gpu', title: 'DirectX 12 GPU' },
    platforms: 'Windows',
  },
  {
    id: 'ort-coreml',
    name: 'coreml',
    title: 'Core ML',
    device: { id: 'apple', title: 'Apple CPU, GPU and Neural Engine' },
    platforms: 'macOS',
  },
  {
    id: 'ort-webgpu',
    name: 'webgpu',
    title: 'WebGPU',
    device: { id: 'gpu', title: 'GPU (Vulkan, Metal or Direct3D)' },
    platforms: 'a machine with a GPU and its driver',
  },
];

/** Folder of the package's native libraries for this machine. */
const binaries = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node')),
    '..',
    'bin',
    'napi-v6',
    process.platform,
    process.arch,
  );

const isBuilt = ({ name }: Provider): boolean => listSupportedBackends().some((each) => each.name === name);

/** What fetches the libraries that are not in the package. */
const cudaCommand = 'node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install-cuda=v12';

function lacksLibrary({ name, library }: Provider): boolean {
  const isBundled = listSupportedBackends().find((each) => each.name === name)?.bundled;
  return !isBundled && library !== undefined && !existsSync(join(binaries(), library));
}

const isElsewhere = (provider: Provider): boolean =>
  !isBuilt(provider) || (provider.device === nvidia && lacksLibrary(provider) && isWithoutNvidia());

/** Why a provider cannot be here, as far as files tell; undefined where only trying tells. */
function absence(provider: Provider): string | undefined {
  const { title, platforms, library } = provider;
  if (!isBuilt(provider))
    return `ONNX Runtime has no ${title} on ${process.platform} ${process.arch}; it takes ${platforms}`;
  if (!lacksLibrary(provider)) return undefined;
  if (isElsewhere(provider)) return `No NVIDIA GPU is in this machine; ${title} takes ${platforms}`;
  return `ONNX Runtime has no ${library} beside it; ${title} takes ${platforms}`;
}

const settingsFor = (
  name: string,
  options: SessionOptions,
  isCpuAllowed: boolean,
): InferenceSession.SessionOptions => ({
  ...commonSessionOptions(options),
  executionProviders: [name],
  ...(options.optimizedModelPath === undefined ? {} : { optimizedModelFilePath: options.optimizedModelPath }),
  extra: { session: { disable_cpu_ep_fallback: isCpuAllowed ? '0' : '1' } },
});

const create = (model: string | Uint8Array, settings: InferenceSession.SessionOptions): Promise<InferenceSession> =>
  typeof model === 'string' ? InferenceSession.create(model, settings) : InferenceSession.create(model, settings);

/** As ONNX Runtime says that an operator would run on the CPU, which a session was not to allow. */
const isAboutCpu = (thrown: unknown): boolean =>
  /fallback to CPU EP/i.test(thrown instanceof Error ? thrown.message : '');

/** Opens a file with all of its operators on the provider; where it does not take all, with the others on the CPU, and says so. */
async function open(
  { name, title }: Provider,
  model: string | Uint8Array,
  options: SessionOptions,
): Promise<OrtSession> {
  const path = typeof model === 'string' ? model : 'the model';
  try {
    const session = await create(model, settingsFor(name, options, false)).catch((thrown: unknown) => {
      if (isAboutCpu(thrown)) return undefined;
      throw thrown;
    });
    if (session) return new OrtSession(session, path);
    const mixed = await create(model, settingsFor(name, options, true));
    return new OrtSession(mixed, path, {
      notes: [`${title} does not take every operator of this file: the others run on the CPU`],
    });
  } catch (thrown) {
    throw runtimeError('model.runtime-rejected', path, thrown);
  }
}

/** One operator, small enough for any device: it opens where the provider works. */
function smallestModel(): Uint8Array {
  const shape = [1, 1, 2, 2];
  return encodeModel({
    name: 'probe',
    producer: 'whittle',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [makeValue('input', 'float32', shape)],
    outputs: [makeValue('output', 'float32', shape)],
    nodes: [makeNode('Relu', ['input'], ['output'])],
    initializers: new Map(),
    metadata: {},
  });
}

/** Runs one operator there, and on nothing else. */
async function probe(provider: Provider): Promise<RuntimeDevice[]> {
  try {
    return await runSmallest(provider);
  } catch (thrown) {
    const reason = cleanRuntimeMessage(thrown instanceof Error ? thrown.message : String(thrown), 'the probe');
    return [{ ...provider.device, problem: `${provider.title} does not start here: ${reason}` }];
  }
}

async function runSmallest({ name, title, device }: Provider): Promise<RuntimeDevice[]> {
  const session = new OrtSession(await create(smallestModel(), settingsFor(name, { threads: 1 }, false)), 'the probe');
  const data = Float32Array.of(-1, 2, -3, 4);
  const { output } = await session.run({ input: { type: 'float32', shape: [1, 1, 2, 2], data } });
  if (String(output?.data) === '0,2,0,4') return [device];
  return [{ ...device, problem: `${title} computes max(0, x) of ${String(data)} as ${String(output?.data)}` }];
}

function runtimeOf(provider: Provider): Runtime {
  const { id, title, device } = provider;
  return {
    id,
    title: `ONNX Runtime (${title})`,
    format: 'onnx',
    // What computes is the device; a thread feeds it.
    maximumThreads: 1,
    isDeviceBound: true,
    options: z.strictObject({}),
    isElsewhere: () => isElsewhere(provider),
    remedyCommand: () => (!isElsewhere(provider) && lacksLibrary(provider) ? cudaCommand : undefined),
    version: () => ort.version(),
    async devices() {
      const problem = absence(provider);
      return problem === undefined ? probeInChild(id, [device]) : [{ ...device, problem }];
    },
    probe: () => probe(provider),
    open: (model, options) => open(provider, model, options),
  };
}

/** ONNX Runtime on other devices than the CPU. Where one cannot be used, its device says why. */
export const ortProviders: readonly Runtime[] = providers.map(runtimeOf);
