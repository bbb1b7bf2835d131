import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { env } from 'onnxruntime-web';
import { ortWeb } from '../../../src/main/engine/runtimes/ort-web';
import { findRuntime, runtimes } from '../../../src/main/engine/runtimes/registry';
import { toAppError, type AppError } from '../../../src/shared/errors';
import { saveSmallClassifier, side, smallClassifier } from '../measure/small-classifier';

let folder = '';
let path = '';
const weights = [
  [1, 0, 0],
  [0, 2, 0],
  [0.5, 0.5, 0.5],
];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ort-'));
  path = await saveSmallClassifier(join(folder, 'small.onnx'), { weights, idleLayers: 2 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One image whose channels are constant. */
function image(red: number, green: number, blue: number): Float32Array {
  return Float32Array.from([red, green, blue].flatMap((value) => new Array<number>(side * side).fill(value)));
}
const failure = async (work: Promise<unknown>): Promise<AppError> => work.then(() => expect.unreachable(), toAppError);

const builds = [ort, ortWeb];

describe.each(builds)('$id', (runtime) => {
  it.each(['none', 'basic', 'all'] as const)(
    'computes at optimization %s what the graph says',
    async (optimization) => {
      const session = await runtime.open(path, { threads: 1, optimization });
      expect(session.inputNames).toEqual(['image']);
      expect(session.outputNames).toEqual(['scores']);
      expect(session.inputs).toEqual({ image: { type: 'float32', shape: ['batch', 3, side, side] } });
      const data = Float32Array.from([...image(1, 2, 3), ...image(-1, 0, 4)]);
      const { scores } = await session.run({ image: { type: 'float32', shape: [2, 3, side, side], data } });
      expect(scores?.type).toBe('float32');
      expect(scores?.shape).toEqual([2, 3]);
      expect([...scores!.data].map((value) => Number(value).toFixed(4))).toEqual(
        [1, 4, 3, -1, 0, 1.5].map((value) => value.toFixed(4)),
      );
      await session.close();
    },
  );

  it('opens a model from its bytes, also from the middle of a buffer', async () => {
    const bytes = encodeModel(smallClassifier({ weights }));
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 7);
    const session = await runtime.open(larger.subarray(7, 7 + bytes.length), { threads: 2 });
    const feeds = { image: { type: 'float32' as const, shape: [1, 3, side, side], data: image(1, 0, 0) } };
    expect([...(await session.run(feeds)).scores!.data]).toEqual([1, 0, 0.5]);
    await session.close();
  });

  it('says in one clean sentence why a model cannot be loaded', async () => {
    const cut = join(folder, 'cut.onnx');
    writeFileSync(cut, readFileSync(path).subarray(0, 300));
    const unknown = smallClassifier({ weights });
    unknown.nodes[0]!.op = 'NoSuchOperator';
    const misfit = smallClassifier({ weights });
    misfit.nodes[2]!.inputs = ['flat', 'nowhere'];
    const cases = [
      cut,
      join(folder, 'none.onnx'),
      encodeModel(unknown),
      encodeModel(misfit),
      new Uint8Array(0),
      Uint8Array.of(1, 2),
    ];
    for (const model of cases) {
      const error = await failure(runtime.open(model, { threads: 1 }));
      expect(error.code).toBe('model.runtime-rejected');
      expect(error.message).toMatch(/^ONNX Runtime cannot load /);
      expect(error.message).not.toMatch(/onnxruntime::|\.cc|\n|ONNXRuntimeError/);
      expect(error.message.length).toBeLessThan(500);
    }
  });

  it('says what is wrong with an input of another size', async () => {
    const session = await runtime.open(path, { threads: 1 });
    const feeds = { image: { type: 'float32' as const, shape: [1, 3, 2, 2], data: new Float32Array(12) } };
    const error = await failure(session.run(feeds));
    expect(error.code).toBe('model.runtime-failed');
    expect(error.message).toContain('Expected: 8');
    await session.close();
  });
});

describe('ort', () => {
  it('writes the optimized graph where asked', async () => {
    const optimizedModelPath = join(folder, 'optimized.onnx');
    const session = await ort.open(path, { threads: 1, optimization: 'basic', optimizedModelPath });
    await session.close();
    expect((await loadModel(optimizedModelPath)).outputs.map((output) => output.name)).toEqual(['scores']);
  });
});

describe('findRuntime', () => {
  it('finds what a target names', () => {
    for (const runtime of runtimes) expect(findRuntime(runtime.id)).toBe(runtime);
    for (const runtime of builds) expect(runtime.version()).toMatch(/^\d+\.\d+\.\d+/);
    expect(ortWeb.version()).toBe(env.versions.web);
  });

  it('names what there is when asked for something else', async () => {
    const error = toAppError(
      await Promise.resolve()
        .then(() => findRuntime('npu'))
        .catch((thrown: unknown) => thrown),
    );
    expect(error.code).toBe('target.unknown');
    expect(error.message).toContain('"npu"');
    expect(error.message).toContain('ort-cpu');
  });
});
