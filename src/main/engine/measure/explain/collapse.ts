import type { TrialMetrics } from '@shared/metrics';

/** What is known of a trial when one asks why it collapsed. */
export interface CollapseEvidence {
  /** With every default filled in. */
  steps: readonly { technique: string; params: Readonly<Record<string, unknown>> }[];
  metrics: Pick<TrialMetrics, 'top1' | 'top1Delta' | 'starvedLayer'>;
  /** Top-1 of the uncompressed network on the same images, %; of a baseline, its own. */
  baselineTop1: number | undefined;
  classes: number;
  calibrationImages: number;
}

const largestLoss = 20;
/** Within this share of the way from guessing to always right. */
const nearChance = 0.01;
const fewImages = 32;

/** Whether that many percent are hardly more than guessing among so many classes gives. */
export function isChance(top1: number, classes: number): boolean {
  const chance = 100 / classes;
  return top1 - chance <= nearChance * (100 - chance);
}

type Cause = (evidence: CollapseEvidence) => string | undefined;

const stepOf = ({ steps }: CollapseEvidence, test: RegExp) => steps.findLast(({ technique }) => test.test(technique));

/** What usually is behind a collapse, the surest evidence first. */
const causes: readonly Cause[] = [
  ({ baselineTop1, classes }) =>
    baselineTop1 !== undefined && isChance(baselineTop1, classes)
      ? 'the uncompressed network guesses too, so preprocessing or labels do not fit it: check its card'
      : undefined,
  (evidence) => {
    const { starvedLayer } = evidence.metrics;
    if (!starvedLayer || 2 * starvedLayer.channels < starvedLayer.of) return undefined;
    const remedy = stepOf(evidence, /^equalize$/)
      ? 'use one scale per channel'
      : 'put equalize before quantize.static, or use one scale per channel';
    return `one weight scale a layer leaves ${starvedLayer.channels} of ${starvedLayer.of} channels of "${starvedLayer.node}" at most 3 of 127 steps: ${remedy}`;
  },
  (evidence) => {
    const pruning = evidence.steps.findLastIndex(({ technique }) => technique === 'prune.magnitude');
    const amount = evidence.steps[pruning]?.params['amount'];
    if (typeof amount !== 'number' || amount < 0.5 || evidence.steps.slice(pruning + 1).some(compensates))
      return undefined;
    return `${evidence.steps[pruning]!.technique} took ${Math.round(100 * amount)} % of the weights and nothing made up for them: prune less, or use prune.secondOrder`;
  },
  (evidence) => {
    const channels = stepOf(evidence, /^prune\.channels$/)?.params;
    if (!channels) return undefined;
    if (channels['refit'] === false) return 'channels are gone and nothing made up for them: leave refit on';
    if (channels['importance'] !== 'activation')
      return `channels were chosen by ${String(channels['importance'])}, which does not see what their readers miss: use importance activation`;
    if (channels['allocation'] === 'uniform')
      return 'every layer lost the same share of its channels, those that need them too: use allocation global or latency';
    return undefined;
  },
  (evidence) => {
    const bits = stepOf(evidence, /^quantize\.weights$/)?.params['bits'];
    const isBinary = stepOf(evidence, /^binarize\./) !== undefined;
    if (isBinary) return 'weights of one bit do not hold this network without training: use more bases or more bits';
    if (typeof bits !== 'number' || bits > 3) return undefined;
    return `${bits}-bit weights are too coarse for this network: use more bits or second-order rounding`;
  },
  ({ steps }) => {
    const nearest = steps.findLast(({ params }) => params['rounding'] === 'nearest');
    return nearest && `${nearest.technique} rounded each weight for itself: use second-order rounding or more values`;
  },
  (evidence) =>
    stepOf(evidence, /^quantize\.(static|integer)$/) && evidence.calibrationImages < fewImages
      ? `activation ranges come from ${evidence.calibrationImages} ${evidence.calibrationImages === 1 ? 'image' : 'images'}: calibrate with 100 or more`
      : undefined,
  (evidence) =>
    stepOf(evidence, /^quantize\.static$/)?.params['weights'] === 'tensor' && !stepOf(evidence, /^equalize$/)
      ? 'one weight scale a layer without equalization: put equalize before quantize.static, or use one scale per channel'
      : undefined,
  (evidence) => {
    const pattern = stepOf(evidence, /^prune\.secondOrder$/)?.params['pattern'];
    return typeof pattern === 'string' && pattern !== 'unstructured'
      ? `the pattern ${pattern} takes from every place alike, also where nothing can be spared: use pattern unstructured or exclude layers`
      : undefined;
  },
  (evidence) => {
    const structure = stepOf(evidence, /^(prune\.(channels|layers|units|secondOrder)|factorize)$/);
    return (
      structure && `${structure.technique} took more than this network can spare without training: keep more of it`
    );
  },
];

const compensates = ({ technique }: { technique: string }): boolean =>
  /^(correctBias|reconstruct|train)/.test(technique);

/**
 * Whether a network fell to guessing or lost more than 20 points of top-1, and the likely cause in words; undefined where neither
 * happened or accuracy was not measured.
 */
export function collapseOf(evidence: CollapseEvidence): string | undefined {
  const { top1, top1Delta = 0 } = evidence.metrics;
  if (top1 === undefined) return undefined;
  const guesses = isChance(top1, evidence.classes);
  if (!guesses && top1Delta >= -largestLoss) return undefined;
  const what = guesses ? 'it guesses' : `it lost ${(-top1Delta).toFixed(1)} points`;
  for (const cause of causes) {
    const found = cause(evidence);
    if (found !== undefined) return `${what}; ${found}`;
  }
  const advice = evidence.steps.length > 1 ? ': apply the steps one by one' : '';
  return `${what}; no single cause stands out${advice}`;
}
