import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, int8Tensor, makeNode, makeValue, uint8Tensor } from '../../../src/main/engine/onnx/make';
import { encodeModel, saveModel } from '../../../src/main/engine/onnx/save';
import { openvinoLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { openvino } from '../../../src/main/engine/runtimes/openvino';
import { ort } from '../../../src/main/engine/runtimes/ort';
import type { RuntimeTensor } from '../../../src/main/engine/runtimes/runtime';
import { toAppError, type AppError } from '../../../src/shared/errors';
import { externalData, writeWithData } from '../../fixtures/networks/external-data';
import { needs } from '../../fixtures/native-library';
import { makeGraph, noise, noiseTensor, tinyClassifier } from '../../fixtures/graphs';

const { isHere, title } = needs(openvinoLibrary);

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'openvino-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const image = (batch: number, side = 8): RuntimeTensor => ({
  type: 'float32',
  shape: [batch, 3, side, side],
  data: noise(batch * 3 * side * side, batch),
});
const failure = async (work: Promise<unknown>): Promise<AppError> => work.then(() => expect.unreachable(), toAppError);

/** The answers of both runtimes to the same feeds. */
async function both(graph: Graph, feeds: Record<string, RuntimeTensor>, options = {}) {
  const bytes = encodeModel(graph);
  const sessions = [await openvino.open(bytes, { threads: 1, options }), await ort.open(bytes, { threads: 1 })];
  const answers = [];
  for (const session of sessions) {
    answers.push(await session.run(feeds));
    await session.close();
  }
  return answers as [Record<string, RuntimeTensor>, Record<string, RuntimeTensor>];
}
const largestDifference = (one: RuntimeTensor, other: RuntimeTensor): number =>
  Math.max(...Array.from(one.data as Float32Array, (value, index) => Math.abs(value - Number(other.data[index]))));

/** A convolution between codes, as `quantize.static` leaves it: uint8 activations, int8 weights of one scale a channel. */
function quantizedConvolution(): Graph {
  const weights = Int8Array.from(noise(4 * 3 * 9, 5), (value) => Math.round(127 * value));
  const quantized = (from: string, to: string) => [
    makeNode('QuantizeLinear', [from, `${to}.scale`, `${to}.zero`], [`${to}.codes`]),
    makeNode('DequantizeLinear', [`${to}.codes`, `${to}.scale`, `${to}.zero`], [to]),
  ];
  return makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 3, 8, 8])],
    outputs: [makeValue('scores', 'float32', ['batch', 4, 8, 8])],
    nodes: [
      ...quantized('input', 'image'),
      makeNode('DequantizeLinear', ['weights.codes', 'weights.scale', 'weights.zero'], ['weights'], {
        axis: attr.int(0),
      }),
      makeNode('Conv', ['image', 'weights'], ['conv'], { pads: attr.ints([1, 1, 1, 1]) }),
      ...quantized('conv', 'scores'),
    ],
    initializers: {
      'image.scale': float32Tensor([], [2 / 255]),
      'image.zero': uint8Tensor([], Uint8Array.of(128)),
      'weights.codes': int8Tensor([4, 3, 3, 3], weights),
      'weights.scale': float32Tensor([4], [0.01, 0.004, 0.006, 0.008]),
      'weights.zero': int8Tensor([4], new Int8Array(4)),
      'scores.scale': float32Tensor([], [outputStep]),
      'scores.zero': uint8Tensor([], Uint8Array.of(120)),
    },
  });
}
const outputStep = 0.05;

describe.skipIf(!isHere)(`openvino${title}`, () => {
  it('computes a float network as ONNX Runtime does, at any batch', async () => {
    const session = await openvino.open(encodeModel(tinyClassifier()), { threads: 1 });
    const reference = await ort.open(encodeModel(tinyClassifier()), { threads: 1 });
    expect(session.inputs).toEqual({ input: { type: 'float32', shape: ['?', 3, 8, 8] } });
    expect(session.outputNames).toEqual(['logits']);
    for (const batch of [1, 4, 3, 1]) {
      const feeds = { input: image(batch) };
      const [{ logits: own }, { logits: other }] = [await session.run(feeds), await reference.run(feeds)];
      expect(own!.shape).toEqual([batch, 5]);
      expect(largestDifference(own!, other!)).toBeLessThan(1e-5);
    }
    await session.close();
    await reference.close();
  });

  it.each([1, 2, 64])('on %i threads', async (threads) => {
    const session = await openvino.open(encodeModel(tinyClassifier()), { threads });
    const [one, two] = [await session.run({ input: image(1) }), await session.run({ input: image(1) })];
    expect(two.logits!.data).toEqual(one.logits!.data);
    await session.close();
  });

  it('computes codes within a step of ONNX Runtime', async () => {
    const [{ scores: own }, { scores: other }] = await both(quantizedConvolution(), { input: image(2) });
    expect(largestDifference(own!, other!)).toBeLessThan(1.01 * outputStep);
    const differing = (own!.data as Float32Array).filter(
      (value, index) => Math.abs(value - Number(other!.data[index])) > 1e-6,
    );
    expect(differing.length).toBeLessThan(0.02 * own!.data.length);
  });

  it('pins floats to float32 unless it is told not to, and says what the processor computes in', async () => {
    const bytes = encodeModel(tinyClassifier());
    const precisionOf = async (options: Record<string, unknown>) => {
      const session = await openvino.open(bytes, { threads: 1, options });
      await session.close();
      return session.precision;
    };
    expect(await precisionOf({})).toBe('f32');
    expect(await precisionOf({ precision: 'f32' })).toBe('f32');
    expect(await precisionOf({ precision: 'default' })).toMatch(/^(f32|bf16|f16)$/);
    expect(openvino.answerOptions).toContain('precision');
    expect(openvino.options.safeParse({ precision: 'int4' }).success).toBe(false);
  });

  it.each([
    ['uint8', Uint8Array.of(0, 128, 255)],
    ['int8', Int8Array.of(-128, 0, 127)],
    ['float16', Uint16Array.of(0x3c00, 0xc000, 0x3800)],
    ['int32', Int32Array.of(-7, 0, 9)],
    ['int64', BigInt64Array.of(-7n, 0n, 9n)],
    ['float64', Float64Array.of(-0.5, 0, 2)],
  ] as const)('takes %s, and gives several outputs', async (type, data) => {
    const graph = makeGraph({
      inputs: [makeValue('input', type, ['n'])],
      outputs: [makeValue('numbers', 'float32', ['n']), makeValue('same', type, ['n'])],
      nodes: [
        makeNode('Cast', ['input'], ['numbers'], { to: attr.int(1) }),
        makeNode('Concat', ['input'], ['same'], { axis: attr.int(0) }),
      ],
    });
    const [own, other] = await both(graph, { input: { type, shape: [3], data } });
    expect(Object.keys(own).sort()).toEqual(['numbers', 'same']);
    expect(own.numbers).toEqual(other.numbers);
    expect(own.same).toMatchObject({ type, shape: [3], data });
  });

  it('keeps the names of the file where a value has several', async () => {
    const graph = makeGraph({
      inputs: [makeValue('input', 'float32', ['n', 3])],
      outputs: [makeValue('last', 'float32', ['n', 3]), makeValue('first', 'float32', ['n', 3])],
      nodes: [
        makeNode('Relu', ['input'], ['first']),
        makeNode('Identity', ['first'], ['between']),
        makeNode('Dropout', ['between'], ['last']),
      ],
    });
    const session = await openvino.open(encodeModel(graph), { threads: 1 });
    expect(session.outputNames).toEqual(['last', 'first']);
    await session.close();
  });

  it('takes images of any size', async () => {
    const graph = makeGraph({
      inputs: [makeValue('input', 'float32', ['batch', 3, 'height', 'width'])],
      outputs: [makeValue('scores', 'float32', ['batch', 4, 1, 1])],
      nodes: [makeNode('Conv', ['input', 'weights'], ['conv']), makeNode('GlobalAveragePool', ['conv'], ['scores'])],
      initializers: { weights: noiseTensor([4, 3, 3, 3]) },
    });
    const session = await openvino.open(encodeModel(graph), { threads: 1 });
    expect(session.inputs.input!.shape).toEqual(['?', 3, '?', '?']);
    await session.close();
    for (const side of [5, 8]) {
      const [own, other] = await both(graph, { input: image(2, side) });
      expect(largestDifference(own.scores!, other.scores!)).toBeLessThan(1e-5);
    }
  });

  it('gives outputs whose size only the run decides', async () => {
    const graph = makeGraph({
      inputs: [makeValue('input', 'float32', [4])],
      outputs: [makeValue('places', 'int64', [1, 'found'])],
      nodes: [makeNode('NonZero', ['input'], ['places'])],
    });
    const feed = (...values: number[]) => ({
      input: { type: 'float32' as const, shape: [4], data: Float32Array.from(values) },
    });
    const session = await openvino.open(encodeModel(graph), { threads: 1 });
    const first = await session.run(feed(0, 1, 0, 1));
    expect(await session.run(feed(1, 1, 1, 0))).toEqual({
      places: { type: 'int64', shape: [1, 3], data: BigInt64Array.of(0n, 1n, 2n) },
    });
    expect(first.places!.data).toEqual(BigInt64Array.of(1n, 3n));
    await session.close();
  });

  it('writes into the memory of earlier outputs where asked, and else leaves them alone', async () => {
    const session = await openvino.open(encodeModel(tinyClassifier()), { threads: 1 });
    const first = await session.run({ input: image(1) });
    const kept = first.logits!.data.slice();
    const other: RuntimeTensor = { ...image(1), data: noise(3 * 64, 9) };
    const second = await session.run({ input: other });
    expect(first.logits!.data).toEqual(kept);
    const third = await session.run({ input: other }, first);
    expect(third.logits!.data).toBe(first.logits!.data);
    expect(first.logits!.data).toEqual(second.logits!.data);
    // The same array with other numbers in it.
    other.data.set(image(1).data as never);
    expect((await session.run({ input: other })).logits!.data).toEqual(kept);
    await session.close();
  });

  it('reads weights that lie beside the file', async () => {
    const path = join(folder, 'outside.onnx');
    writeWithData(path, externalData.make());
    const own = await openvino.open(path, { threads: 1 });
    const other = await ort.open(path, { threads: 1 });
    const feeds = { input: image(1, 16) };
    const [mine, theirs] = [await own.run(feeds), await other.run(feeds)].map((outputs) => Object.values(outputs)[0]!);
    expect(largestDifference(mine!, theirs!)).toBeLessThan(1e-5);
    await own.close();
    await other.close();
  });

  it('says in one clean sentence why a model cannot be loaded', async () => {
    const unknown = tinyClassifier();
    unknown.nodes[0]!.op = 'NoSuchOperator';
    const misfit = tinyClassifier();
    misfit.initializers.set('fc.weight', noiseTensor([5, 3]));
    const cut = join(folder, 'cut.onnx');
    writeFileSync(cut, encodeModel(tinyClassifier()).subarray(0, 300));
    for (const model of [
      encodeModel(unknown),
      encodeModel(misfit),
      cut,
      join(folder, 'none.onnx'),
      Uint8Array.of(1, 2),
      new Uint8Array(0),
    ]) {
      const error = await failure(openvino.open(model, { threads: 1 }));
      expect(error.code).toBe('model.runtime-rejected');
      expect(error.message).toMatch(/^OpenVINO cannot load /);
      expect(error.message).not.toMatch(/\.cpp|\n|Exception from/);
      expect(error.message.length).toBeLessThan(500);
    }
    expect((await failure(openvino.open(encodeModel(unknown), { threads: 1 }))).message).toContain('NoSuchOperator');
  });

  it('says what is wrong with an input', async () => {
    const session = await openvino.open(encodeModel(tinyClassifier()), { threads: 1 });
    const cases: [Record<string, RuntimeTensor>, string][] = [
      [{ input: image(1, 4) }, 'its input "input" is 1 x 3 x 4 x 4. Expected: ? x 3 x 8 x 8'],
      [{ input: { ...image(1), type: 'uint8' } }, 'takes float32, not uint8'],
      [{ input: { ...image(1), shape: [2, 3, 8, 8] } }, 'holds 192 numbers instead of 384'],
      [{}, 'nothing is given for its input "input"'],
    ];
    for (const [feeds, words] of cases) {
      const error = await failure(session.run(feeds));
      expect(error).toMatchObject({ code: 'model.runtime-failed' });
      expect(error.message).toContain(words);
    }
    expect((await session.run({ input: image(1) })).logits!.shape).toEqual([1, 5]);
    await session.close();
    await session.close();
    expect((await failure(session.run({ input: image(1) }))).message).toContain('it was closed');
  });

  it('frees what it took', async () => {
    const graph = makeGraph({
      inputs: [makeValue('input', 'float32', ['batch', 1024])],
      outputs: [makeValue('scores', 'float32', ['batch', 2048])],
      nodes: [makeNode('MatMul', ['input', 'weights'], ['scores'])],
      initializers: { weights: noiseTensor([1024, 2048]) },
    });
    const path = join(folder, 'large.onnx');
    await saveModel(graph, path);
    const openAndRun = async (): Promise<number> => {
      const session = await openvino.open(path, { threads: 1 });
      for (const batch of [1, 3]) {
        await session.run({ input: { type: 'float32', shape: [batch, 1024], data: noise(batch * 1024) } });
      }
      await session.close();
      return process.memoryUsage().rss / 1e6;
    };
    for (let start = 0; start < 2; start++) await openAndRun();
    const before = await openAndRun();
    let after = before;
    // 8 MB of weights each, in a file, a model and its packed copy.
    for (let start = 0; start < 8; start++) after = await openAndRun();
    expect(after - before).toBeLessThan(40);
  });

  it('finds the devices there are, and says of the others what they take', async () => {
    const devices = await openvino.probe!();
    expect(devices.find(({ id }) => id === 'cpu')!.title).toMatch(/\w/);
    expect(devices[0]).not.toHaveProperty('problem');
    for (const id of ['gpu', 'npu']) {
      const found = devices.find((device) => device.id.startsWith(id))!;
      expect(found.problem ?? found.title).toMatch(/\w/);
    }
  });
});
