import type { Node } from '../onnx/graph';

/** A gradient cannot pass a node. The message says which and why: `node "wave" (Sin): ...`. */
export class NoGradient extends Error {
  override readonly name = 'NoGradient';

  constructor({ name, op }: Node, detail: string) {
    super(`node "${name}" (${op}): ${detail}`);
  }
}
