import { FlatbufferError } from '../flatbuffer/read-flatbuffer';
import type { TfliteGraph } from './model';

/**
 * That all indices are of tensors, and that operators compute a tensor once, before it is read: so nothing depends on itself.
 * @param where which of several networks, for messages. Throws `FlatbufferError`.
 */
export function checkOrder({ tensors, operators, inputs, outputs }: TfliteGraph, where: string): void {
  const check = (indices: readonly number[], who: string, lowest: number): void => {
    const wrong = indices.find((index) => index < lowest || index >= tensors.length);
    if (wrong !== undefined)
      throw new FlatbufferError(`${who}${where} names tensor ${wrong}, and there are ${tensors.length}`);
  };
  check(inputs, 'the list of inputs', 0);
  check(outputs, 'the list of outputs', 0);
  const producers = new Map<number, number>();
  operators.forEach((operator, number) => {
    check(operator.inputs, `operator ${number} (${operator.op})`, -1);
    check(operator.outputs, `operator ${number} (${operator.op})`, -1);
    for (const index of operator.outputs) {
      if (index < 0 || tensors[index]!.isVariable) continue;
      if (producers.has(index) || inputs.includes(index) || tensors[index]!.data)
        throw new FlatbufferError(`operator ${number}${where} computes tensor ${index}, which is there already`);
      producers.set(index, number);
    }
  });
  operators.forEach(({ op, inputs: read }, number) => {
    const early = read.find((index) => (producers.get(index) ?? -1) >= number);
    if (early !== undefined)
      throw new FlatbufferError(`operator ${number} (${op})${where} reads tensor ${early} before it is computed`);
  });
}
