import { AppError, toAppError } from '@shared/errors';
import type { Thumbnail } from '@shared/flips';
import { trialOfRun } from '@shared/trial-of-run';
import { concurrentMap } from '../dataset/concurrent-map';
import { readImage } from '../dataset/read-image';
import { thumbnail } from '../dataset/thumbnail';
import type { Predictions } from '../measure/accuracy/accuracy';
import { evaluationImages } from './evaluation-images';
import { deploymentsOf, type TrialPlan } from './plan';
import type { FlipSources } from './trial-flips';

/** Images decoded at once: a page of them is there in a moment, and a run beside it hardly notices. */
const atOnce = 2;
/** Twice what a list shows, for dense screens. */
const sidePixels = 160;

/**
 * Small pictures of images that a trial was evaluated on, found by the hash of their bytes wherever the dataset has them now; other
 * images are not shown. Throws `run.not-found`, `trial.not-found`; what is wrong with one image, or with the folder, is said in its place.
 */
export async function trialThumbnails(
  run: string,
  trial: string,
  hashes: readonly string[],
  sources: FlipSources,
): Promise<Thumbnail[]> {
  const { workspace, runs } = sources;
  const { path } = runs.record(run).sweep.dataset;
  const { plan } = trialOfRun(workspace.runs.trials<TrialPlan>(run), run, trial);
  const evaluated = new Set(
    deploymentsOf(plan).flatMap(({ evaluate }) => hashesOf(workspace.steps.find(evaluate)?.result)),
  );
  const images = evaluationImages(run, sources);
  return concurrentMap(hashes, atOnce, async (hash): Promise<Thumbnail> => {
    try {
      const entry = (await images).get(hash);
      if (!entry || !evaluated.has(hash)) throw new AppError('content.missing', { what: 'image', path });
      const jpeg = Buffer.from(await thumbnail(await readImage(entry), entry.path, sidePixels));
      return { hash, dataUrl: `data:image/jpeg;base64,${jpeg.toString('base64')}` };
    } catch (thrown) {
      return { hash, problem: toAppError(thrown).message };
    }
  });
}

const hashesOf = (result: unknown): string[] => (result as Predictions | undefined)?.hashes ?? [];
