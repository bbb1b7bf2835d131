import type { ModelInspection } from '@shared/contract';
import { formatCounted, formatNumber } from '@shared/format';

const operatorsShown = 6;

/** What a network is made of, in a few facts: label and value. */
export function graphSummary(
  model: Pick<ModelInspection, 'params' | 'macs' | 'operators' | 'layers' | 'opset' | 'producer'>,
): [string, string][] {
  const operators = Object.entries(model.operators).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const rest = operators.slice(operatorsShown).reduce((sum, [, count]) => sum + count, 0);
  const named = operators.slice(0, operatorsShown).map(([name, count]) => `${count} ${name}`);
  return [
    ['Parameters', millions(model.params)],
    ['MACs at batch 1', millions(model.macs)],
    ['Layers with weights', formatNumber(model.layers.filter(({ params }) => params > 0).length)],
    ['Operators', [...named, ...(rest > 0 ? [formatCounted(rest, 'other')] : [])].join(', ')],
    ['Format', `ONNX opset ${model.opset}${model.producer ? `, from ${model.producer}` : ''}`],
  ];
}

const millions = (count: number): string =>
  count < 1e6 ? formatNumber(count) : `${formatNumber(count / 1e6, count < 1e8 ? 2 : 0)} million`;
