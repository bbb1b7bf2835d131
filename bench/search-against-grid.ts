/**
 * The best of a finished sweep, chosen and confirmed by the rules of a search: selection half of its evaluation images, then the confirmation
 * half, for each goal. To be set beside what a search found on the same images with the same seed.
 * Usage: search-against-grid WORKSPACE [most to lose in points, 1]
 */
import { formatBytes, formatDuration } from '../src/shared/format';
import { searchGoals } from '../src/shared/search';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { splitEvaluation } from '../src/main/engine/dataset/evaluation-parts';
import { pairedAnswers, type Predictions } from '../src/main/engine/measure/accuracy/accuracy';
import { choosePicks, confirmWinner, networkEvidence } from '../src/main/engine/search/choose-winners';
import type { Aims, Evidence } from '../src/main/engine/search/evidence';
import { openWorkspace } from '../src/main/engine/store/workspace';
import type { TrialPlan } from '../src/main/engine/sweep/plan';
import type { FileMetrics, LatencyMetrics } from '../src/shared/metrics';

const [folder, maxDrop = '1'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: search-against-grid WORKSPACE [points]');
const { runs, steps, cacheFolder } = openWorkspace(folder);
const {
  id,
  sweep,
  elapsedMs = 0,
} = runs
  .list()
  .filter(({ status }) => status === 'done')
  .at(-1)!;
const plans = runs.trials<TrialPlan>(id).map(({ plan }) => plan);
const { eval: images } = await openDataset(sweep.dataset, { cacheFolder });
const halves = splitEvaluation(images, sweep.dataset.seed);
const [selection, confirmation] = [halves.selection, halves.confirmation].map(
  ({ entries }) => new Set(entries.map(({ hash }) => hash)),
);

const resultOf = <T>(key: string | undefined): T | undefined =>
  key === undefined ? undefined : (steps.find(key)?.result as T | undefined);

/** Answers on one half. */
function within(answers: Predictions, half: ReadonlySet<string>): Predictions {
  const rows = answers.hashes.flatMap((hash, row) => (half.has(hash) ? [row] : []));
  const pick = <T>(values: readonly T[]): T[] => rows.map((row) => values[row]!);
  return {
    ...answers,
    n: rows.length,
    topK: pick(answers.topK),
    labels: pick(answers.labels),
    hashes: pick(answers.hashes),
  };
}

function evidenceOf(plan: TrialPlan, baseline: TrialPlan, half: ReadonlySet<string>): Evidence | undefined {
  const answers = resultOf<Predictions>(plan.deployments[0]?.evaluate);
  const reference = resultOf<Predictions>(baseline.deployments[0]?.evaluate);
  const file = resultOf<FileMetrics>(plan.deployments[0]?.describe);
  const latency = resultOf<LatencyMetrics>(plan.steps.find(({ kind }) => kind === 'measure')?.key);
  if (!answers || !reference || !file || !latency) return undefined;
  const { counts } = pairedAnswers(within(answers, half), within(reference, half));
  return { sizeBytes: file.sizeBytes, latency, expectedRatio: latency.ratio, counts };
}

console.log(
  `${plans.length} trials in ${formatDuration(elapsedMs)}; ${selection!.size} images choose, ${confirmation!.size} confirm`,
);
const points = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
for (const model of new Set(plans.map((plan) => plan.model))) {
  const own = plans.filter((plan) => plan.model === model);
  const baseline = own.find(({ isBaseline }) => isBaseline)!;
  const network = networkEvidence(resultOf<FileMetrics>(baseline.deployments[0]!.describe)!.sizeBytes);
  const candidates = own.filter((plan) => !plan.isBaseline);
  for (const goal of searchGoals) {
    const aims: Aims = { maxDrop: Number(maxDrop), goal };
    const standings = candidates.flatMap((candidate) => {
      const evidence = evidenceOf(candidate, baseline, selection!);
      return evidence ? [{ candidate, evidence: [evidence], isOut: false }] : [];
    });
    const picks = choosePicks(standings, aims, goal, network);
    const confirmed = new Map(
      picks.picks.flatMap((plan) => {
        const evidence = evidenceOf(plan, baseline, confirmation!);
        return evidence ? [[plan, evidence] as const] : [];
      }),
    );
    const winner = confirmWinner(picks, confirmed, aims, { network });
    if (!winner) {
      console.log(`${model}, ${goal}: none`);
      continue;
    }
    const { sizeBytes, latency } = confirmed.get(winner.candidate)!;
    const [low, high] = winner.interval;
    console.log(
      `${model}, ${goal}: ${winner.candidate.recipe}: ${formatBytes(sizeBytes)}, x${latency!.ratio.toFixed(3)}, ${points(winner.top1Delta)} [${points(low)}, ${points(high)}]`,
    );
  }
}
