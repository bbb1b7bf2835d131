import { floatAttribute, intAttribute } from '../../onnx/attributes';
import { elementCount } from '../../onnx/graph';
import type { GradientRule } from './rule';

/** Y = alpha A' B' + beta C, where ' may transpose. */
const gemm: GradientRule = ({ node, gradient, write, isWanted, shapeOf }) => {
  const [a, b, c] = [node.inputs[0]!, node.inputs[1]!, node.inputs[2] ?? ''];
  const [transA, transB] = [intAttribute(node, 'transA', 0) !== 0, intAttribute(node, 'transB', 0) !== 0];
  const [alpha, beta] = [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)];
  const forA = (): string =>
    transA ? write.gemm(b, gradient, { transA: transB, transB: true }) : write.gemm(gradient, b, { transB: !transB });
  const forB = (): string =>
    transB ? write.gemm(gradient, a, { transA: true, transB: transA }) : write.gemm(a, gradient, { transA: !transA });
  return [
    isWanted(0) ? write.scale(forA(), alpha) : undefined,
    isWanted(1) ? write.scale(forB(), alpha) : undefined,
    isWanted(2) ? write.scale(write.reduceTo(gradient, shapeOf(node.outputs[0]!), shapeOf(c)), beta) : undefined,
  ];
};

const swapLast = (rank: number): number[] => [
  ...Array.from({ length: rank - 2 }, (_, axis) => axis),
  rank - 1,
  rank - 2,
];

/** Products of the last two axes; those before broadcast. */
const matMul: GradientRule = ({ node, gradient, write, isWanted, shapeOf, fail }) => {
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  const [aShape, bShape, shape] = [shapeOf(a), shapeOf(b), shapeOf(node.outputs[0]!)];
  if (aShape.length < 2 || bShape.length < 2) return fail('one factor is a vector');
  const turned = (value: string, { length }: number[]): string => write.transpose(value, swapLast(length));
  const before = shape.slice(0, -2);
  const forA = (): string => {
    const product = write.matMul(gradient, turned(b, bShape));
    return write.reduceTo(product, [...before, ...aShape.slice(-2)], aShape);
  };
  const forB = (): string => {
    // One matrix for all of a batch: its rows are those of one large product.
    if (bShape.length === 2) {
      const rows = elementCount(shape.slice(0, -1));
      const [inputs, outputs] = [bShape[0]!, bShape[1]!];
      return write.gemm(write.reshape(a, [rows, inputs]), write.reshape(gradient, [rows, outputs]), { transA: true });
    }
    const product = write.matMul(turned(a, aShape), gradient);
    return write.reduceTo(product, [...before, ...bShape.slice(-2)], bShape);
  };
  return [isWanted(0) ? forA() : undefined, isWanted(1) ? forB() : undefined];
};

export const matrixRules: Record<string, GradientRule> = { Gemm: gemm, MatMul: matMul };
