import type { Operation } from './operation';
import type { Value } from './value';

/**
 * One ONNX operator in TensorFlow Lite's: emits operators and gives the node's outputs by position, of which those that nobody reads may be
 * left out. Throws by `operation.unsupported` what cannot be expressed.
 *
 * Rules see values, not numbers: a value knows its ONNX shape and how it lies in memory, so a rule asks for the order of axes that its
 * operator needs (`place`) and says in which order its result lies (`emit`); what is only moved or regrouped costs nothing. Whether a tensor
 * holds floats or codes is not a rule's matter either. The result of `emit` has the type and quantization that the conversion's `typeOf` gives
 * the ONNX value it becomes (floats where it gives none), or those of the tensor it is `like`: for operators that keep codes, such as PAD,
 * MAX_POOL_2D, CONCATENATION, where the driver adds a QUANTIZE when the value asks for other codes. Weights come as `Constant`s: floats, halves, or
 * INT8 codes with a scale per channel along an axis of the ONNX shape, which `permuted` takes along; `bias` gives the INT32 codes of scale
 * input x weight where the input is quantized, floats where not.
 */
export type ConversionRule = (operation: Operation) => Value | (Value | undefined)[];
