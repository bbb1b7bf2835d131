import { describe, expect, it } from 'vitest';
import { estimateEdgeTpu } from '../../../src/main/engine/formats/edgetpu/estimate';
import type { TfliteModel, TfliteOperator, TfliteTensor } from '../../../src/main/engine/formats/tflite/model';

const int32 = (...values: number[]): Partial<TfliteTensor> => ({
  type: 'INT32',
  shape: [values.length],
  data: new Uint8Array(Int32Array.from(values).buffer),
});
const codes = (shape: number[], code = 0, scales = 1): Partial<TfliteTensor> => ({
  shape,
  data: new Uint8Array(shape.reduce((product, size) => product * size, 1)).fill(code),
  quantization: { scale: Array<number>(scales).fill(1), zeroPoint: [0], axis: 0 },
});

interface Form {
  shape?: number[];
  output?: number[];
  options?: TfliteOperator['options'];
  version?: number;
  type?: TfliteTensor['type'];
}

/** A network of one operator: an activation of `shape`, constants, an activation of `output`. */
function single(
  op: string,
  constants: Partial<TfliteTensor>[] = [],
  { shape = [1, 8, 8, 4], output = shape, options = {}, version = 1, type = 'INT8' }: Form = {},
): TfliteModel {
  const tensors: TfliteTensor[] = [
    { name: 'in', shape, type },
    ...constants.map((constant, at): TfliteTensor => ({ name: `c${at}`, shape: [], type: 'INT8', ...constant })),
    { name: 'out', shape: output, type },
  ];
  const last = tensors.length - 1;
  const operator = { op, version, inputs: tensors.map((_, at) => at).slice(0, last), outputs: [last], options };
  return { graphs: [{ tensors, operators: [operator], inputs: [0], outputs: [last] }] };
}

const filter = codes([4, 3, 3, 4]);

describe('constraintOf', () => {
  it.each<[string, TfliteModel, string | undefined]>([
    ['a convolution', single('CONV_2D', [filter]), undefined],
    [
      'unequal dilation',
      single('CONV_2D', [filter], { options: { dilationWFactor: 2, dilationHFactor: 1 } }),
      'dilation differs in x and y',
    ],
    ['equal dilation', single('CONV_2D', [filter], { options: { dilationWFactor: 2, dilationHFactor: 2 } }), undefined],
    [
      'weights that are computed',
      single('CONV_2D', [{ shape: [4, 3, 3, 4] }]),
      'more than three dimensions are larger than 1',
    ],
    [
      'a version after the compiler',
      single('CONV_2D', [filter], { version: 6 }),
      'version 6 of it is too new for the compiler',
    ],
    ['float activations', single('CONV_2D', [filter], { type: 'FLOAT32' }), 'it works on float32'],
    ['float weights', single('CONV_2D', [{ ...filter, type: 'FLOAT32' }]), 'it works on float32'],
    ['a batch', single('ADD', [], { shape: [2, 8, 8, 4] }), 'more than three dimensions are larger than 1'],
    ['a size that is not known', single('ADD', [], { shape: [1, -1, 8, 4] }), 'its size is not constant'],
    ['a kind without counterpart', single('HARD_SWISH'), 'HARD_SWISH is not supported'],
    ['float scores', single('DEQUANTIZE'), 'DEQUANTIZE is not supported'],
    ['a plain pool', single('MAX_POOL_2D', [], { options: { fusedActivationFunction: 'NONE' } }), undefined],
    [
      'a pool with an activation',
      single('AVERAGE_POOL_2D', [], { options: { fusedActivationFunction: 'RELU6' } }),
      'a fused activation (RELU6) is not supported here',
    ],
    ['a concat with zeros', single('CONCATENATION', [codes([1, 8, 8, 4])], { output: [1, 8, 8, 8] }), undefined],
    [
      'a concat with a constant',
      single('CONCATENATION', [codes([1, 8, 8, 4], 7)], { output: [1, 8, 8, 8] }),
      'it joins a constant that is not all zeros',
    ],
    ['a classifier', single('FULLY_CONNECTED', [codes([10, 4])], { shape: [1, 4], output: [1, 10] }), undefined],
    [
      'a classifier with a scale a class',
      single('FULLY_CONNECTED', [codes([10, 4], 0, 10)], { shape: [1, 4], output: [1, 10] }),
      'its weights have a scale a channel',
    ],
    [
      'a classifier of many rows',
      single('FULLY_CONNECTED', [codes([10, 4])], { shape: [5, 4], output: [5, 10] }),
      'its output is not one-dimensional',
    ],
    ['a mean over the image', single('MEAN', [int32(1, 2)], { output: [1, 1, 1, 4] }), undefined],
    ['a mean over the batch', single('MEAN', [int32(0)]), 'it reduces the batch'],
    [
      'a mean over five channels',
      single('MEAN', [int32(-1)], { shape: [1, 8, 8, 5], output: [1, 8, 8, 1] }),
      'it reduces channels whose number is no multiple of 4',
    ],
    ['padding', single('PAD', [int32(0, 0, 1, 1, 1, 1, 0, 0)], { output: [1, 10, 10, 4] }), undefined],
    ['padding of the batch', single('PAD', [int32(0, 1, 0, 0, 0, 0, 0, 0)]), 'it pads the batch'],
    ['softmax over the classes', single('SOFTMAX', [], { shape: [1, 1000] }), undefined],
    ['softmax over an image', single('SOFTMAX'), 'its input is not one-dimensional'],
    ['softmax over too many', single('SOFTMAX', [], { shape: [1, 16_001] }), 'it has more than 16,000 classes'],
    ['a slice with steps', single('STRIDED_SLICE', [int32(0), int32(8), int32(2)]), 'a stride is not 1'],
    [
      'a custom operator',
      {
        graphs: [
          {
            ...single('CUSTOM').graphs[0]!,
            operators: [{ ...single('CUSTOM').graphs[0]!.operators[0]!, customCode: 'Atan' }],
          },
        ],
      },
      'Atan is not supported',
    ],
  ])('%s', (_what, model, reason) => {
    expect(estimateEdgeTpu(model).operators[0]!.reason).toBe(reason);
  });
});

describe('estimateEdgeTpu', () => {
  /** Operators in a row, each on what the one before wrote. */
  function chain(...kinds: [op: string, outputType?: TfliteTensor['type']][]): TfliteModel {
    const tensors: TfliteTensor[] = [
      { name: 'image', shape: [1, 8, 8, 4], type: kinds[0]![0] === 'QUANTIZE' ? 'FLOAT32' : 'INT8' },
    ];
    const operators = kinds.map(([op, type = 'INT8'], at): TfliteOperator => {
      tensors.push({ name: `t${at}`, shape: [1, 8, 8, 4], type });
      return { op, version: 1, inputs: [at], outputs: [at + 1] };
    });
    return { graphs: [{ tensors, operators, inputs: [0], outputs: [kinds.length] }] };
  }

  it('leaves everything after the first operator that is not mapped to the CPU', () => {
    const { operators, onTpu, onCpu } = estimateEdgeTpu(chain(['RELU'], ['HARD_SWISH'], ['RELU'], ['RELU']));
    expect(operators.map(({ mapped }) => mapped)).toEqual([true, false, false, false]);
    expect(operators[3]!.reason).toBe('it comes after an operator on the CPU');
    expect([onTpu, onCpu]).toEqual([1, 3]);
  });

  it('lets the CPU make codes of float pixels first and scores of codes last', () => {
    const { operators } = estimateEdgeTpu(chain(['QUANTIZE'], ['RELU'], ['RELU'], ['DEQUANTIZE', 'FLOAT32']));
    expect(operators.map(({ mapped }) => mapped)).toEqual([false, true, true, false]);
  });

  it('keeps a branch that does not depend on the CPU', () => {
    const tensors = ['image', 'left', 'right', 'sum'].map((name): TfliteTensor => ({
      name,
      shape: [1, 4],
      type: 'INT8',
    }));
    const operators: TfliteOperator[] = [
      { op: 'ELU', version: 1, inputs: [0], outputs: [1] },
      { op: 'RELU', version: 1, inputs: [0], outputs: [2] },
      { op: 'ADD', version: 1, inputs: [1, 2], outputs: [3] },
    ];
    const estimate = estimateEdgeTpu({ graphs: [{ tensors, operators, inputs: [0], outputs: [3] }] });
    expect(estimate.operators.map(({ mapped }) => mapped)).toEqual([false, true, false]);
  });

  it('streams everything where activations leave no room', () => {
    const model = single('CONV_2D', [codes([64, 1, 1, 64])], { shape: [1, 256, 256, 64], output: [1, 256, 256, 64] });
    const { cacheBytes, parameterBytes, streamedBytes } = estimateEdgeTpu(model);
    expect([cacheBytes, streamedBytes]).toEqual([0, parameterBytes]);
  });

  it('makes an empty estimate of an empty network', () => {
    expect(estimateEdgeTpu({ graphs: [] })).toMatchObject({ operators: [], onTpu: 0, onCpu: 0, streamedBytes: 0 });
  });
});
