/**
 * The one door from compression to a runtime: ONNX Runtime on the CPU as the calculator of activations, large products and constants.
 * What a network answers and how fast is not its business: that is measured in the runtimes of the targets.
 */
export { ort as calculator } from '../runtimes/ort';
export type { RuntimeTensor, Session } from '../runtimes/runtime';
