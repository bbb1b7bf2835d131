import type { TfliteTensor } from '../../model';
import type { TensorSpec } from '../graph-builder';

/** Scale and zero point of outputs that kernels prescribe (8-bit quantization specification, "int8 quantized operator specifications"). */
const prescribed: Readonly<Record<string, readonly [scale: number, zeroPoint: number]>> = {
  LOGISTIC: [1 / 256, -128],
  LOG_SOFTMAX: [16 / 256, 127],
  SOFTMAX: [1 / 256, -128],
  TANH: [1 / 128, 0],
};
/** Their output has the codes of their input. */
const keepsCodes = new Set(['AVERAGE_POOL_2D']);

/** What an operator gives where int8 codes are wanted: those its kernel can give. A QUANTIZE behind it makes them the wanted ones. */
export function kernelCodes(op: string, wanted: TensorSpec, input: TfliteTensor | undefined): TensorSpec {
  if (wanted.type !== 'INT8') return wanted;
  const given = prescribed[op];
  if (given) return { ...wanted, quantization: { scale: [given[0]], zeroPoint: [given[1]], axis: 0 } };
  return keepsCodes.has(op) && input?.quantization ? { ...wanted, quantization: input.quantization } : wanted;
}
