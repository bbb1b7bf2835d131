import { targetName } from '@shared/sweep-file';
import { builtFile } from '../files/built-file';
import { latencyInputSeed, measureLatency } from '../measure/latency/latency';
import { measurePeakMemory } from '../measure/latency/memory';
import type { JobReporter, JobResults, MeasureJob } from './job';
import { energySensorFor } from './energy-sensor-for';
import { imagesNote, measuredImages, observeExits } from './measured-images';
import { sessionOfTarget } from './session-of-target';
import { runInWorker } from './worker-process';

/** A session pair keeps nothing; one that is inside a long inference when people cancel is killed after this. */
const pairGraceMs = 500;

/**
 * Measures memory and cold start in this process, which does nothing else, and latency against the baseline in fresh ones, one after
 * the other: where a process lays its memory out differs from the next and stays for as long as it lives. Where the time depends on the image,
 * each of these runs images of its own, and where they leave the network is noted.
 */
export async function measure(job: MeasureJob, report: JobReporter): Promise<JobResults['measure']> {
  const { candidatePath, baselinePath, card, target, baselineCard, baselineTarget, insteadOf, seed, mode } = job;
  const { images, cacheFolder } = job;
  const imagesOf = images && measuredImages(images, seed);
  const { signal, progress } = report;
  const model = { card, ...sessionOfTarget(target) };
  progress('memory', 0, 1);
  const peakMemoryBytes = await measurePeakMemory({ ...model, modelPath: candidatePath, signal });
  const energySensor = await energySensorFor(job);
  const workerPath = builtFile('worker.js');
  const metrics = await measureLatency({
    ...model,
    candidatePath,
    mode,
    seed: latencyInputSeed(seed),
    isOverImages: imagesOf !== undefined,
    sessionPair: (order, pair) => {
      const files = { candidatePath, baselinePath, card, baselineCard, images: imagesOf?.(pair), cacheFolder };
      const task = { kind: 'session-pair', ...files, target, baselineTarget, seed, order, energySensor } as const;
      return runInWorker(workerPath, task, report, { signal, graceMs: pairGraceMs });
    },
    progress,
    signal,
  });
  const left = imagesOf && (await observeExits(job, imagesOf, metrics.sessionRatios?.length ?? 0, signal));
  if (left) report.note(imagesNote(metrics, left, insteadOf ?? target));
  const comparedWith = baselineTarget && targetName(baselineTarget);
  return {
    ...metrics,
    ...(left && { leftEarly: left.leftEarly }),
    target: targetName(insteadOf ?? target),
    runtime: target.runtime,
    ...(comparedWith !== undefined && comparedWith !== targetName(target) && { baselineTarget: comparedWith }),
    peakMemoryBytes,
  };
}
