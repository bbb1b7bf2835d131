import type { RecipeStep } from './recipe';
import type { LayerSensitivity, SensitivityMethod } from './sensitivity';

/** What decides the order: the divergences of a layer's variants together. */
export const disturbance = ({ effects }: LayerSensitivity): number =>
  effects.reduce((sum, effect) => sum + effect.divergence, 0);

/** Layers that disturb the output most come first; equal ones stay in graph order. */
export function worstFirst(layers: readonly LayerSensitivity[]): LayerSensitivity[] {
  return [...layers].sort((a, b) => disturbance(b) - disturbance(a));
}

/** The fewest layers, worst first, that together make nine tenths of all disturbance; at most `most`, and never all. */
export function worstLayers(layers: readonly LayerSensitivity[], most = 5): LayerSensitivity[] {
  const sorted = worstFirst(layers);
  const wanted = 0.9 * sorted.reduce((sum, layer) => sum + disturbance(layer), 0);
  let sum = 0;
  const first = sorted.findIndex((layer) => (sum += disturbance(layer)) >= wanted);
  return sorted.slice(0, Math.min(first + 1, most, sorted.length - 1));
}

/** The recipe step that does to the whole network what was measured layer by layer, but leaves these alone. */
export function stepWithout(method: SensitivityMethod, layers: readonly string[]): RecipeStep {
  switch (method.kind) {
    case 'int8': {
      const known = Array.isArray(method.params.exclude) ? (method.params.exclude as string[]) : [];
      return { technique: 'quantize.static', params: { ...method.params, exclude: [...known, ...layers] } };
    }
    case 'bits':
      return { technique: 'quantize.weights', params: { bits: method.bits[0], exclude: [...layers] } };
    case 'prune':
      return { technique: 'prune.magnitude', params: { amount: method.amounts[0], exclude: [...layers] } };
  }
}
