import type { ConversionRule } from '../rule';
import { activationRules } from './activation';
import { codeRules } from './codes';
import { elementwiseRules } from './elementwise';
import { layerRules } from './layers';
import { movementRules } from './movement';
import { normalizationRules } from './normalization';
import { poolingRules } from './pooling';
import { reductionRules } from './reduction';
import { resizeRules } from './resize';

/** By ONNX operator. */
export const rules: Readonly<Record<string, ConversionRule>> = {
  ...activationRules,
  ...codeRules,
  ...elementwiseRules,
  ...layerRules,
  ...movementRules,
  ...normalizationRules,
  ...poolingRules,
  ...reductionRules,
  ...resizeRules,
};
