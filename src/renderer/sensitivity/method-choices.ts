import { defaultPruneAmounts, type SensitivityMethod } from '@shared/sensitivity';

export type MethodChoice = 'int8' | 'int8-tensor' | 'bits' | 'prune';

export const methodChoices: readonly { value: MethodChoice; label: string; title: string }[] = [
  {
    value: 'int8',
    label: 'int8',
    title: 'Weights, input and output of one layer in 8 bits, a scale per output channel',
  },
  { value: 'int8-tensor', label: 'int8 per tensor', title: 'The same with one weight scale for the whole layer' },
  { value: 'bits', label: 'Few bits', title: 'The weights of one layer in few bits' },
  { value: 'prune', label: 'Pruning', title: 'The smallest weights of one layer become zero: a curve over the amount' },
];

export function methodOf(choice: MethodChoice, bits: number): SensitivityMethod {
  if (choice === 'bits') return { kind: 'bits', bits: [bits] };
  if (choice === 'prune') return { kind: 'prune', amounts: [...defaultPruneAmounts] };
  return { kind: 'int8', params: choice === 'int8' ? {} : { weights: 'tensor' } };
}

export function methodName(method: SensitivityMethod): string {
  if (method.kind === 'bits') return `weights in ${method.bits.join(', ')} bits`;
  if (method.kind === 'prune') return 'pruning by magnitude';
  return method.params.weights === 'tensor' ? 'int8 per tensor' : 'int8';
}
