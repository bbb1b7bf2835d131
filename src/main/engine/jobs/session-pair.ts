import type { PixelType } from '../dataset/normalize';
import type { GivenImages } from '../measure/file-tensor';
import { latencyInputSeed } from '../measure/latency/latency';
import { runSessionPair } from '../measure/latency/session-pair';
import type { JobReporter, JobResults, SessionPairJob } from './job';
import { sessionOfTarget } from './session-of-target';
import { singleImages } from './single-images';

/** Runs candidate and baseline in turns in this process. It says nothing meanwhile: a message would wake the processes above. */
export async function sessionPair(job: SessionPairJob, { signal }: JobReporter): Promise<JobResults['session-pair']> {
  const { candidatePath, baselinePath, card, target, baselineCard = card, baselineTarget = target, seed, order } = job;
  const { images: set, cacheFolder = '' } = job;
  const images = async (pixels: PixelType): Promise<GivenImages[]> => {
    const all: GivenImages[] = [];
    for await (const image of singleImages(set!, card, { cacheFolder, signal }, pixels)) all.push(image);
    return all;
  };
  return runSessionPair({
    ...order,
    ...sessionOfTarget(target),
    candidatePath,
    baselinePath,
    card,
    baseline: { card: baselineCard, ...sessionOfTarget(baselineTarget) },
    seed: latencyInputSeed(seed),
    ...(set && { images }),
    signal,
  });
}
