import type { TfliteGraph, TfliteOperator } from '../model';

const weightsInput = 1;

/** What reads the tensors of a network, by index. */
export interface WeightReaders {
  /** Whether layers among `layers` read it as their weights, and nothing else reads it. */
  isWeight(tensor: number): boolean;
  /** The operator that reads it, where there is just one. */
  soleReader(tensor: number): TfliteOperator | undefined;
}

/** @param layers operators whose second input is their weights */
export function weightReaders({ operators }: TfliteGraph, layers: ReadonlySet<string>): WeightReaders {
  const readers = new Map<number, TfliteOperator[]>();
  for (const operator of operators)
    for (const input of operator.inputs) {
      const known = readers.get(input);
      if (known) known.push(operator);
      else readers.set(input, [operator]);
    }
  return {
    isWeight: (tensor) =>
      readers
        .get(tensor)
        ?.every(
          ({ op, inputs }) =>
            layers.has(op) && inputs.every((input, at) => (input === tensor) === (at === weightsInput)),
        ) ?? false,
    soleReader: (tensor) => {
      const all = readers.get(tensor);
      return all?.length === 1 ? all[0] : undefined;
    },
  };
}
