import type { TfliteOption, TfliteTensor } from '../model';

interface Operands {
  input?: TfliteTensor;
  /** Weights of a layer. */
  second?: TfliteTensor;
  inputs: readonly (TfliteTensor | undefined)[];
  options: Record<string, TfliteOption>;
}

type VersionRule = (operands: Operands) => number;

const isInt8 = ({ input }: Operands): boolean => input?.type === 'INT8';
const isHybrid = ({ input, second }: Operands): boolean => input?.type === 'FLOAT32' && second?.type === 'INT8';
const hasChannelScales = (tensor: TfliteTensor | undefined): boolean => (tensor?.quantization?.scale.length ?? 0) > 1;
const perChannel = ({ second }: Operands): boolean => hasChannelScales(second);
const rank = ({ input }: Operands): number => input?.shape.length ?? 0;

/** Version 1 of floats, 2 of codes. */
const usual: VersionRule = (operands) => (isInt8(operands) ? 2 : 1);
const forRank =
  (above: number, version: number): VersionRule =>
  (operands) =>
    rank(operands) > above ? version : usual(operands);
const always =
  (version: number): VersionRule =>
  () =>
    version;

const rules: Record<string, VersionRule> = {
  CONV_2D: (operands) => {
    if (isHybrid(operands)) return perChannel(operands) ? 5 : 2;
    if (operands.second?.type === 'INT4') return 7;
    return isInt8(operands) ? 3 : 1;
  },
  DEPTHWISE_CONV_2D: (operands) => {
    const { options } = operands;
    if (isHybrid(operands)) return perChannel(operands) ? 6 : 4;
    if (isInt8(operands)) return 3;
    return (options['dilationHFactor'] ?? 1) !== 1 || (options['dilationWFactor'] ?? 1) !== 1 ? 2 : 1;
  },
  FULLY_CONNECTED: (operands) => {
    if (operands.options['keepNumDims'] === true) return 5;
    if (isHybrid(operands)) return 3;
    return isInt8(operands) ? 4 : 1;
  },
  DEQUANTIZE: ({ input }) => {
    if (input?.type === 'FLOAT16') return 3;
    if (input?.type !== 'INT8') return 1;
    return hasChannelScales(input) ? 5 : 2;
  },
  QUANTIZE: always(1),
  TRANSPOSE: forRank(4, 4),
  STRIDED_SLICE: forRank(4, 4),
  SLICE: forRank(4, 5),
  PAD: forRank(4, 4),
  PADV2: forRank(4, 4),
  SUB: forRank(4, 3),
  MAXIMUM: forRank(4, 3),
  MINIMUM: forRank(4, 3),
  DIV: (operands) => (rank(operands) > 4 ? 2 : 1),
  SPLIT: ({ inputs }) => (inputs[1]?.type === 'INT8' ? 2 : 1),
  RESIZE_BILINEAR: (operands) => (operands.options['halfPixelCenters'] === true ? 3 : usual(operands)),
  RESIZE_NEAREST_NEIGHBOR: (operands) =>
    operands.options['halfPixelCenters'] === true || operands.options['alignCorners'] === true ? 3 : usual(operands),
  BROADCAST_TO: always(2),
  CAST: ({ input }) => (input?.type === 'INT8' ? 3 : 1),
  // These came with one version that takes all types.
  RESHAPE: always(1),
  LEAKY_RELU: always(1),
  RELU_N1_TO_1: always(1),
  PRELU: always(1),
  HARD_SWISH: always(1),
};

/** The version of an operator that computes this, as the public `op_version.cc` assigns them: the lowest, for old runtimes. */
export function operatorVersion(
  op: string,
  inputs: readonly (TfliteTensor | undefined)[],
  options: Record<string, TfliteOption>,
): number {
  return (rules[op] ?? usual)({ input: inputs[0], second: inputs[1], inputs, options });
}
