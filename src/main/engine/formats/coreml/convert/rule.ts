import type { MilValue } from '../program-builder';
import type { Operation } from './operation';

/**
 * One ONNX operator in operations of MIL: emits these and gives the node's outputs by position. Throws by `operation.unsupported` what cannot be
 * expressed. Values lie as in ONNX; their numbers are in the program's precision, codes only between QuantizeLinear and DequantizeLinear.
 */
export type ConversionRule = (operation: Operation) => MilValue | MilValue[];
