import { intAttribute } from './attributes';
import { elementTypeOf } from './element-type';
import type { ElementType, Node } from './graph';

/** The type of its codes that a QuantizeLinear without a zero point names; from opset 21 on. */
export const saidType = (node: Node): ElementType | undefined =>
  node.op === 'QuantizeLinear' ? elementTypeOf(intAttribute(node, 'output_dtype', 0)) : undefined;
