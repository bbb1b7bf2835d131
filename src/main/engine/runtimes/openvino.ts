import { z } from 'zod';
import { AppError, toAppError } from '@shared/errors';
import { locateLibrary } from './locate-library';
import { identityOf, openLibrary } from './native';
import { openvinoLibrary } from './native-libraries';
import { OpenvinoLibrary } from './openvino/library';
import { OpenvinoSession } from './openvino/session';
import { probeInChild } from './probe-in-child';
import type { Runtime, RuntimeDevice } from './runtime';

/** The first whose C interface numbers element types as it does now. */
const oldestMajor = 2026;

const optionsSchema = z.strictObject({
  precision: z
    .enum(['f32', 'default'])
    .default('f32')
    .describe('f32: computes in float32; default: as the device likes it, bfloat16 or float16 where that is faster'),
});

/** Kinds of devices, the default first; a machine with several numbers them: "gpu.1". */
const kinds = [
  { id: 'cpu', title: 'CPU', missing: 'OpenVINO finds no processor it can use' },
  {
    id: 'gpu',
    title: 'Intel GPU',
    missing: 'OpenVINO finds no GPU here; it takes an Intel one with its compute driver',
  },
  {
    id: 'npu',
    title: 'Intel NPU',
    missing: 'OpenVINO finds no NPU here; it takes an Intel Core Ultra with its NPU driver',
  },
];

/** "2026.4.1" of "2026.4.1-22982-abcdef". Throws `runtime.unavailable` for one that is too old. */
function checkedVersion(build: string, path: string): string {
  const version = /^\d+(\.\d+)*/.exec(build)?.[0] ?? build;
  if (Number.parseInt(version) >= oldestMajor) return version;
  const { title, remedy } = openvinoLibrary;
  const detail = `${path} is version ${version}, older than ${oldestMajor}.0`;
  throw new AppError('runtime.unavailable', { title, detail, remedy });
}

let loaded: { identity: string; library: OpenvinoLibrary } | undefined;

/** The library that is found now. Throws `runtime.unavailable`. */
function openOpenvino(): OpenvinoLibrary {
  const { path } = locateLibrary(openvinoLibrary);
  const identity = identityOf(path);
  if (loaded?.identity === identity) return loaded.library;
  const { handle } = openLibrary(openvinoLibrary);
  const library = new OpenvinoLibrary(handle);
  checkedVersion(library.version(), path);
  loaded = { identity, library };
  return library;
}

/** The devices by asking the library. Throws `runtime.unavailable`. */
async function probe(): Promise<RuntimeDevice[]> {
  const library = openOpenvino();
  const names = library.deviceNames();
  return kinds.flatMap(({ id, title, missing }): RuntimeDevice[] => {
    const found = names.filter((name) => name.toLowerCase().split('.')[0] === id);
    if (found.length === 0) return [{ id, title, problem: missing }];
    return found.map((name) => ({
      id: name.toLowerCase(),
      title: library.text('ov_core_get_property', library.core, name, 'FULL_DEVICE_NAME'),
    }));
  });
}

/** What makes one image at a time fast, on as many threads as asked, free to move between cores as those of the other runtimes are. */
function propertiesFor(device: string, threads: number, precision: string): Record<string, string> {
  return {
    PERFORMANCE_HINT: 'LATENCY',
    ...(precision !== 'default' && { INFERENCE_PRECISION_HINT: precision }),
    ...(device === 'CPU' && {
      INFERENCE_NUM_THREADS: String(threads),
      NUM_STREAMS: '1',
      ENABLE_CPU_PINNING: 'NO',
    }),
  };
}

/**
 * OpenVINO by its C library, ONNX in. Its own default computes in bfloat16 where the processor can, which moves scores by tenths: unless a
 * target says `precision: default`, floats are pinned to float32. `run` blocks the calling thread, so callers live in a worker process.
 */
export const openvino: Runtime = {
  id: 'openvino',
  title: 'OpenVINO',
  format: 'onnx',
  library: openvinoLibrary,
  options: optionsSchema,
  answerOptions: ['precision'],
  version() {
    const { path, version } = locateLibrary(openvinoLibrary);
    return version === undefined ? checkedVersion(openOpenvino().version(), path) : checkedVersion(version, path);
  },
  async devices() {
    const [cpu, ...others] = kinds.map(({ id, title }) => ({ id, title }));
    let path: string;
    try {
      openvino.version();
      ({ path } = locateLibrary(openvinoLibrary));
    } catch (thrown) {
      return [{ ...cpu!, problem: toAppError(thrown).message.replace(/\.$/, '') }];
    }
    const found = await probeInChild('openvino', [cpu!, ...others], { library: identityOf(path) });
    // Drivers of other devices that crash or hang take nothing from the processor.
    return found.some(({ problem }) => problem === undefined) ? found : [cpu!, ...found.slice(1)];
  },
  probe,
  optionProblem(device, { precision }) {
    const isNpu = device.split('.')[0] === 'npu';
    if (!isNpu || precision === 'default') return undefined;
    return 'an Intel NPU computes in float16 and has no float32: give it options { precision: default }';
  },
  async open(model, { threads, device = 'cpu', options = {} }) {
    const { precision } = optionsSchema.parse(options);
    const name = device.toUpperCase();
    return OpenvinoSession.open(openOpenvino(), model, {
      device: name,
      properties: propertiesFor(name, threads, precision),
    });
  },
};
