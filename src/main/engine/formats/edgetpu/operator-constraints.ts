import type { TfliteGraph, TfliteOperator, TfliteTensor } from '../tflite/model';

/** An operator with its tensors; an input that is left out is undefined. */
interface Placed {
  operator: TfliteOperator;
  inputs: (TfliteTensor | undefined)[];
  outputs: TfliteTensor[];
}

/** Why an operator of a supported kind stays on the CPU; undefined: nothing speaks against it. */
type Constraint = (placed: Placed) => string | undefined;

const none: Constraint = () => undefined;

const withoutActivation: Constraint = ({ operator }) => {
  const activation = operator.options?.fusedActivationFunction ?? 'NONE';
  return activation === 'NONE' ? undefined : `a fused activation (${String(activation)}) is not supported here`;
};

const equalDilation: Constraint = ({ operator: { options = {} } }) =>
  (options.dilationWFactor ?? 1) === (options.dilationHFactor ?? 1) ? undefined : 'dilation differs in x and y';

const constantWeights: Constraint = ({ inputs }) =>
  inputs[1]?.data === undefined ? 'its weights are not constant' : undefined;

const concatenation: Constraint = (placed) => {
  const constants = placed.inputs.filter((tensor) => tensor?.data !== undefined);
  const zero = constants[0]?.quantization?.zeroPoint[0] ?? 0;
  const isPadding = placed.inputs.length === 2 && constants[0]?.data?.every((code) => code === (zero & 0xff));
  if (constants.length > 0 && !isPadding) return 'it joins a constant that is not all zeros';
  return withoutActivation(placed);
};

const fullyConnected: Constraint = (placed) => {
  const { operator, inputs, outputs } = placed;
  if ((operator.options?.weightsFormat ?? 'DEFAULT') !== 'DEFAULT') return 'its weights are shuffled';
  if ((inputs[1]?.quantization?.scale.length ?? 1) > 1) return 'its weights have a scale a channel';
  if (outputs[0]!.shape.slice(0, -1).some((size) => size !== 1)) return 'its output is not one-dimensional';
  return constantWeights(placed);
};

const mean: Constraint = (placed) => {
  const { shape } = placed.inputs[0]!;
  const axes = axesOf(placed);
  if (axes === undefined) return 'its axes are not constant';
  if (shape.length > 3 && axes.includes(0)) return 'it reduces the batch';
  return axes.includes(shape.length - 1) && shape.at(-1)! % 4 !== 0
    ? 'it reduces channels whose number is no multiple of 4'
    : undefined;
};

const reduction: Constraint = (placed) => {
  const axes = axesOf(placed);
  if (axes === undefined) return 'its axes are not constant';
  return placed.inputs[0]!.shape.length > 3 && axes.includes(0) ? 'it works on the batch' : undefined;
};

const pad: Constraint = ({ inputs }) => {
  const pads = int32s(inputs[1]);
  if (!pads) return 'its padding is not constant';
  return inputs[0]!.shape.length > 3 && (pads[0] !== 0 || pads[1] !== 0) ? 'it pads the batch' : undefined;
};

const softmax: Constraint = ({ inputs }) => {
  const { shape } = inputs[0]!;
  if (shape.slice(0, -1).some((size) => size !== 1)) return 'its input is not one-dimensional';
  return shape.at(-1)! > 16_000 ? 'it has more than 16,000 classes' : undefined;
};

const stridedSlice: Constraint = ({ operator: { options = {} }, inputs }) => {
  if (int32s(inputs[3])?.every((stride) => stride === 1) !== true) return 'a stride is not 1';
  return options.ellipsisMask || options.newAxisMask ? 'it has an ellipsis or a new axis' : undefined;
};

const squeeze: Constraint = ({ inputs, outputs }) => {
  const [from, to] = [inputs[0]!.shape, outputs[0]!.shape];
  return from.slice(from.length - to.length).every((size, at) => size === to[at])
    ? undefined
    : 'it drops a dimension that does not lead';
};

/** Kinds that the Edge TPU runs and what is said of each (coral.ai/docs/edgetpu/models-intro, "Supported operations"; compiler 16.0). */
const constraints: Record<string, Constraint> = {
  ADD: none,
  AVERAGE_POOL_2D: withoutActivation,
  CONCATENATION: concatenation,
  CONV_2D: (placed) => equalDilation(placed) ?? constantWeights(placed),
  DEPTHWISE_CONV_2D: (placed) => equalDilation(placed) ?? constantWeights(placed),
  EXPAND_DIMS: none,
  FULLY_CONNECTED: fullyConnected,
  L2_NORMALIZATION: none,
  LOGISTIC: none,
  MAXIMUM: none,
  MAX_POOL_2D: withoutActivation,
  MEAN: mean,
  MINIMUM: none,
  MUL: none,
  PACK: ({ operator }) => ((operator.options?.axis ?? 0) === 0 ? 'it packs the batch' : undefined),
  PAD: pad,
  PRELU: ({ inputs }) =>
    inputs[1]!.shape.slice(0, -1).some((size) => size !== 1) ? 'its slopes are not one-dimensional' : undefined,
  QUANTIZE: none,
  REDUCE_MAX: reduction,
  REDUCE_MIN: reduction,
  RELU: none,
  RELU6: none,
  RELU_N1_TO_1: none,
  RESHAPE: none,
  RESIZE_BILINEAR: none,
  RESIZE_NEAREST_NEIGHBOR: none,
  RSQRT: none,
  SLICE: none,
  SOFTMAX: softmax,
  SPACE_TO_DEPTH: none,
  SPLIT: none,
  SQUARED_DIFFERENCE: none,
  SQUEEZE: squeeze,
  STRIDED_SLICE: stridedSlice,
  SUB: none,
  SUM: reduction,
  TANH: none,
  TRANSPOSE: none,
  TRANSPOSE_CONV: none,
};

/** Versions that compiler 16.0, of 2021, does not know: it then compiles nothing of the file. */
const newestVersions: Record<string, number> = { CONV_2D: 5 };

const eightBits = new Set(['INT8', 'UINT8']);

/** Why an operator would stay on the CPU whatever is around it, by what is documented; undefined: it would be mapped. */
export function constraintOf(operator: TfliteOperator, { tensors }: TfliteGraph): string | undefined {
  const constraint = constraints[operator.op];
  if (!constraint) return `${operator.customCode ?? operator.op} is not supported`;
  const newest = newestVersions[operator.op] ?? Infinity;
  if (operator.version > newest) return `version ${operator.version} of it is too new for the compiler`;
  const inputs = operator.inputs.map((index) => (index < 0 ? undefined : tensors[index]));
  const outputs = operator.outputs.map((index) => tensors[index]!);
  // Sizes, axes and biases are 32-bit constants; what flows and what is multiplied has 8 bits.
  const flowing = [...inputs.filter((tensor) => tensor?.data === undefined), ...outputs];
  for (const tensor of [...flowing, ...(hasWeights(operator) ? [inputs[1]] : [])])
    if (tensor && !eightBits.has(tensor.type)) return `it works on ${tensor.type.toLowerCase()}`;
  for (const tensor of flowing) {
    if (tensor?.shape.some((size) => size < 1)) return 'its size is not constant';
    if (tensor?.shape.slice(0, -3).some((size) => size !== 1)) return 'more than three dimensions are larger than 1';
  }
  if (!inputs[0] || outputs.length === 0) return 'it has no input or no output';
  return constraint({ operator, inputs, outputs });
}

const weighted = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'TRANSPOSE_CONV']);
const hasWeights = ({ op }: TfliteOperator): boolean => weighted.has(op);

function axesOf({ inputs }: Placed): number[] | undefined {
  const rank = inputs[0]!.shape.length;
  return int32s(inputs[1])?.map((axis) => (axis < 0 ? axis + rank : axis));
}

function int32s(tensor: TfliteTensor | undefined): number[] | undefined {
  if (tensor?.data === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = tensor.data;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Array.from({ length: byteLength >> 2 }, (_, at) => view.getInt32(at * 4, true));
}
