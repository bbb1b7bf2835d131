import type { ConversionRule } from '../rule';
import { activationRules } from './activation';
import { codeRules } from './codes';
import { convolutionRules } from './convolution';
import { elementwiseRules } from './elementwise';
import { matrixRules } from './matrix';
import { movementRules } from './movement';
import { normalizationRules } from './normalization';
import { poolingRules } from './pooling';
import { reductionRules } from './reduction';
import { resizeRules } from './resize';
import { shapeRules } from './shape';

/** The rule of every ONNX operator that can be expressed, by its name. */
export const rules: Record<string, ConversionRule> = {
  ...activationRules,
  ...codeRules,
  ...convolutionRules,
  ...elementwiseRules,
  ...matrixRules,
  ...movementRules,
  ...normalizationRules,
  ...poolingRules,
  ...reductionRules,
  ...resizeRules,
  ...shapeRules,
};
