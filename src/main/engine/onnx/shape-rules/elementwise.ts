import { intAttribute, tensorAttribute } from '../attributes';
import { elementTypeOf } from '../element-type';
import { broadcast, type ShapeRule } from './rule';

/** The output is like the first input. */
const same: ShapeRule = ({ inputs: [x] }) => [x];

/** Outputs of the broadcast shape of all inputs, of the first input's type. */
const broadcasting: ShapeRule = (context) => {
  const { inputs } = context;
  const shapes = inputs.flatMap((input) => (input ? [input.shape] : []));
  if (shapes.length < inputs.length || !inputs[0]) return undefined;
  return [{ type: inputs[0].type, shape: broadcast(context, shapes) }];
};

const comparing: ShapeRule = (context) => {
  const [result] = broadcasting(context) ?? [];
  return result && [{ type: 'bool', shape: result.shape }];
};

// prettier-ignore
const sameNames = [
  'Abs', 'Acos', 'Asin', 'Atan', 'BitwiseNot', 'Ceil', 'Celu', 'Clip', 'Cos', 'CumSum', 'Elu', 'Erf', 'Exp', 'Floor', 'Gelu',
  'GroupNormalization', 'HardSigmoid', 'HardSwish', 'Hardmax', 'Identity', 'InstanceNormalization', 'LRN', 'LeakyRelu', 'Log',
  'LogSoftmax', 'LpNormalization', 'MeanVarianceNormalization', 'Mish', 'Neg', 'Not', 'PRelu', 'RMSNormalization', 'Reciprocal',
  'Relu', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Softmax', 'Softplus', 'Softsign', 'Sqrt', 'Swish', 'Tan', 'Tanh',
  'ThresholdedRelu', 'Trilu',
];
// prettier-ignore
const broadcastNames = [
  'Add', 'And', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'Div', 'Max', 'Mean', 'Min', 'Mod', 'Mul', 'Or', 'Pow', 'Sub',
  'Sum', 'Xor',
];
const compareNames = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

const each = (names: string[], rule: ShapeRule): [string, ShapeRule][] => names.map((name) => [name, rule]);

export const elementwiseRules: Record<string, ShapeRule> = {
  ...Object.fromEntries([
    ...each(sameNames, same),
    ...each(broadcastNames, broadcasting),
    ...each(compareNames, comparing),
  ]),
  BatchNormalization: same,
  LayerNormalization: same,
  IsNaN: ({ inputs: [x] }) => x && [{ type: 'bool', shape: x.shape }],
  Dropout: ({ inputs: [x] }) => x && [x, { type: 'bool', shape: x.shape }],
  Cast: ({ node, inputs: [x] }) => {
    const type = elementTypeOf(intAttribute(node, 'to', 0));
    return x && type && [{ type, shape: x.shape }];
  },
  CastLike: ({ inputs: [x, like] }) => x && like && [{ type: like.type, shape: x.shape }],
  Where: (context) => {
    const [condition, x, y] = context.inputs;
    return condition && x && y && [{ type: x.type, shape: broadcast(context, [condition.shape, x.shape, y.shape]) }];
  },
  QuantizeLinear: ({ node, inputs: [x, , zeroPoint] }) => {
    const type = elementTypeOf(intAttribute(node, 'output_dtype', 0)) ?? zeroPoint?.type ?? 'uint8';
    return x && [{ type, shape: x.shape }];
  },
  DequantizeLinear: ({ inputs: [x, scale] }) => x && [{ type: scale?.type ?? 'float32', shape: x.shape }],
  DynamicQuantizeLinear: ({ inputs: [x] }) =>
    x && [
      { type: 'uint8', shape: x.shape },
      { type: 'float32', shape: [] },
      { type: 'uint8', shape: [] },
    ],
  ConstantOfShape: ({ node, known }) => {
    const shape = known(0)?.data;
    return shape && [{ type: tensorAttribute(node, 'value')?.type ?? 'float32', shape: [...shape] }];
  },
};
