import { isDeepStrictEqual } from 'node:util';
import { formatCounted, formatNumber } from '@shared/format';
import { durationMs, goalsOf, type FoundChain, type SearchAnswer } from '@shared/search';
import type { SearchProgress, SearchStage } from '@shared/search-state';
import type { RunView } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import { createRandom, deriveSeed } from '../compression/algebra/random';
import type { PreparedSweep } from '../sweep/prepare-sweep';
import { nextTimeOfDay } from '../sweep/deadline';
import { choosePicks, confirmWinner, networkEvidence } from './choose-winners';
import { confirm } from './confirmation';
import { explore, leadingChains } from './explore';
import { foundChain, type PlaceOfFile } from './found-chain';
import type { Candidate, PlanSettings } from './plan-candidate';
import { ChainProposer } from './propose-chains';
import { searchImages } from './search-images';
import { recordSearch, searchRecord } from './search-record';
import type { Standing } from './successive-halving';
import { TrialLaboratory, type Bench, type TimeLimit } from './trial-laboratory';

/** Of the budget, for trying candidates; up to the second for those that are still to be shown all images; the rest is for confirmation. */
const [tryShare, searchShare] = [0.7, 0.8];

export interface SearchOptions extends Bench {
  runs: Bench['runs'] & { view(id: string): RunView };
  prepare(sweep: SweepFile): Promise<PreparedSweep>;
  /** What a person should know while it runs. */
  say(sentence: string): void;
  /** Where it is, whenever that changes. */
  tell?(progress: SearchProgress): void;
  /** Aborted: no more is tried, and what is there is confirmed. */
  enough?: AbortSignal;
  /** When all of it has to be over, milliseconds since 1970; absent: as the sweep's `until` says. */
  deadline?: number;
  /** When the time until then began, milliseconds since 1970; absent: now. */
  beganAt?: number;
  /** Path of a confirmed trial's file in the format that was measured, where people find it. */
  place(run: RunView): Promise<PlaceOfFile>;
}

/**
 * Looks for chains that make the first model of the sweep small or fast without losing more than `search.maxDrop` points. Chooses on the
 * selection half of the evaluation images alone; every figure of the answer is of the other half.
 * Throws `search.no-time`, `cancelled`, and what opening the sweep and its runs throw.
 * @param sweep with `search`; its recipes are not looked at
 */
export async function searchNetwork(sweep: SweepFile, options: SearchOptions): Promise<SearchAnswer> {
  const aims = sweep.search!;
  const { workspace, runs, say, enough } = options;
  // What may be changed when a search is continued is no part of what it is.
  const search = { ...aims, budget: '1h', trials: 500 };
  const { until, ...lasting } = sweep;
  const { part: _both, ...spec } = sweep.dataset;
  const searched: SweepFile = { ...lasting, search, dataset: spec, recipes: { baseline: [] }, latency: 'brief' };
  const { beganAt = Date.now() } = options;
  const deadline = options.deadline ?? (until === undefined ? undefined : nextTimeOfDay(until, beganAt));
  const limitOf = (share: number): TimeLimit => ({
    underWayMs: share * durationMs(aims.budget)!,
    ...(deadline !== undefined && { deadline: beganAt + share * (deadline - beganAt) }),
  });
  let shown: SearchProgress = { stage: 'preparing', trials: 0, finalists: 0, best: [] };
  const tell = (change: Partial<SearchProgress>): void => options.tell?.((shown = { ...shown, ...change }));
  tell({});
  const whole = await options.prepare(searched);
  for (const warning of whole.warnings) say(warning);
  const [network] = [...whole.models.values()];
  const { around } = whole;
  const images = await searchImages(spec, whole.dataset, workspace.cacheFolder);
  const settings: PlanSettings = { sweep: searched, dataset: whole.dataset, around, network: network! };
  const chosenOn = { ...searched, dataset: { ...spec, part: 'selection' as const } };
  const selectionImages = images.blocks.reduce((sum, { entries }) => sum + entries.length, 0);
  const manifest = { ...whole.manifest, dataset: { ...whole.manifest.dataset, eval: selectionImages } };
  const selection = { ...whole, sweep: chosenOn, manifest };
  const begun = workspace.runs.list().find((record) => isSameSearch(record, selection));
  const laboratory = new TrialLaboratory({
    bench: options,
    prepared: selection,
    settings,
    images,
    limit: limitOf(tryShare),
    enough,
    isTimed: sweep.targets.length > 0 && (aims.goal !== 'size' || aims.maxLatencyRatio !== undefined),
    run: begun?.id,
    opened: (run) => {
      // One that goes on keeps its answer until there is another.
      if (!searchRecord(workspace, run)?.answer) recordSearch(workspace, [run], { sweep });
      tell({ run });
    },
  });
  await laboratory.open();

  const itself = networkEvidence(laboratory.networkBytes);
  const proposer = new ChainProposer([...whole.models.values()], createRandom(deriveSeed(sweep.seed, 'search')));
  const told = (stage: SearchStage, standing: readonly Standing<Candidate>[], isTried: boolean): void => {
    const { trials } = laboratory;
    tell({ stage, trials, finalists: standing.length, best: leadingChains(standing, aims, itself) });
    if (isTried)
      say(
        `${formatCounted(trials, 'candidate')} tried, ${formatNumber(standing.length)} of them on all selection images.`,
      );
  };
  const finalists = await explore(laboratory, proposer, aims, {
    finishLimit: limitOf(searchShare),
    network: itself,
    tell: told,
  });
  workspace.runs.setRunStatus(laboratory.runId, 'done');

  const choices = goalsOf(aims.goal).map((goal) => choosePicks(finalists, aims, goal, itself));
  const chosen = new Set(choices.flatMap(({ picks, looser }) => [...picks, ...(looser ? [looser] : [])]));
  const answer: SearchAnswer = {
    model: network!.name,
    winners: [],
    front: [],
    trials: laboratory.trials,
    seconds: laboratory.elapsedMs / 1000,
    images: {
      divergence: images.divergence.entries.length,
      selection: selectionImages,
      confirmation: whole.dataset.eval.entries.length - selectionImages,
    },
    runs: { candidates: laboratory.runId },
  };
  const kept = (whole: SearchAnswer): SearchAnswer => {
    recordSearch(workspace, Object.values(whole.runs), { sweep, answer: whole });
    return whole;
  };
  if (chosen.size === 0) return kept(answer);

  tell({ stage: 'confirmation' });
  say(
    `Measuring ${formatNumber(chosen.size)} of them anew on ${formatCounted(answer.images.confirmation, 'image')} that took no part in choosing.`,
  );
  const recipes = Object.fromEntries([...chosen].map(({ name, chain }) => [name, chain]));
  const prepared = await options.prepare({
    ...searched,
    name: `${sweep.name}, confirmed`,
    dataset: { ...spec, part: 'confirmation' },
    recipes: { baseline: [], ...recipes },
    latency: sweep.latency === 'brief' ? 'quick' : sweep.latency,
  });
  const confirmation = { ...settings, sweep: prepared.sweep, dataset: prepared.dataset };
  const confirmed = await confirm([...chosen], prepared, confirmation, { ...options, deadline });
  const view = runs.view(confirmed.run);
  const place = await options.place(view);
  const found = (candidate: Candidate): FoundChain =>
    foundChain(candidate, confirmed, { view, network: network!, networkBytes: itself.sizeBytes, place });
  const winners = choices.flatMap(
    (choice) => confirmWinner(choice, confirmed.evidence, aims, { network: itself, looks: confirmed.looks }) ?? [],
  );
  return kept({
    ...answer,
    winners: winners.map(({ goal, candidate, interval, isClear }) => {
      const chain = found(candidate);
      return { goal, isClear, ...chain, confirmed: { ...chain.confirmed, interval } };
    }),
    front: [...chosen]
      .filter((candidate) => confirmed.evidence.has(candidate))
      .map(found)
      .sort((a, b) => b.confirmed.top1Delta - a.confirmed.top1Delta),
    seconds: answer.seconds + (workspace.runs.find(confirmed.run)?.elapsedMs ?? 0) / 1000,
    runs: { ...answer.runs, confirmation: confirmed.run },
  });
}

/** Whether a run is this search, on the same contents and machine. */
function isSameSearch(
  { sweep, manifest }: { sweep: SweepFile; manifest: PreparedSweep['manifest'] },
  prepared: PreparedSweep,
): boolean {
  const own = prepared.manifest;
  return (
    sweep.search !== undefined &&
    sweep.dataset.part === 'selection' &&
    manifest.sweepSha256 === own.sweepSha256 &&
    manifest.machine.id === own.machine.id &&
    isDeepStrictEqual(otherIds(manifest), otherIds(own)) &&
    manifest.dataset.fingerprint === own.dataset.fingerprint &&
    manifest.models.every(({ sha256 }, at) => sha256 === own.models[at]?.sha256)
  );
}

const otherIds = ({ elsewhere = {} }: PreparedSweep['manifest']): Record<string, string> =>
  Object.fromEntries(Object.entries(elsewhere).map(([label, { machine }]) => [label, machine.id]));
