import { appendFileSync, copyFileSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@shared/errors';
import { defaultTarget, targetName } from '@shared/sweep-file';
import type { CompressJob, Job, JobResults } from '../../../src/main/engine/jobs/job';
import { laneOf } from '../../../src/main/engine/jobs/lane';
import { jobOf, type Order } from '../../../src/main/engine/jobs/order';
import { CoreQueue } from '../../../src/main/engine/sweep/core-queue';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';
import { waitingStage, type Executor, type JobEvents, type Placed } from '../../../src/main/engine/sweep/executor';

const training = {
  ...{ technique: 'finetune', batch: 8, steps: 10, heldOutImages: 8, losses: [], heldOut: [] },
  ...{ keptStep: 10, seconds: 1, waitedShare: 0 },
};

/**
 * Does jobs in this process on real files: compressing copies the model and appends the technique, so that an artifact tells
 * how it came to be. `before` may wait, throw, or look around.
 */
export class ScriptedExecutor implements Executor {
  readonly threads = 1;
  /** The folder that has the contents of orders. */
  workspace = '';
  /** Jobs begun, as "compress net with fp16", in order. */
  readonly begun: string[] = [];
  /** By what the work at each is known, as they were given. */
  readonly keys = new Map<string, string>();
  /** What ran at the same time, seen at each beginning. */
  readonly together: string[][] = [];
  private readonly running = new Set<string>();
  private readonly queue: CoreQueue;

  constructor(
    readonly slots = 2,
    public before: (name: string, signal: AbortSignal) => Promise<void> | void = () => undefined,
  ) {
    this.queue = new CoreQueue(slots);
  }

  run<K extends Job['kind']>(
    order: Order & { kind: K },
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[K]>,
  ): Promise<JobResults[K]> {
    const place = { lane: laneOf(order), order: placed?.order };
    const work = async (): Promise<JobResults[K]> => {
      events.started?.();
      const job = await jobOf<Job>(order, new LocalContents(this.workspace));
      if (placed?.key) this.keys.set(nameOf(job), placed.key);
      const result = (await this.begin(job, events, signal)) as JobResults[K];
      await placed?.settle(result);
      return result;
    };
    return this.queue.run(place, signal, work, placed ? undefined : () => events.progress(waitingStage, 0, 0));
  }

  beside<T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void): Promise<T> {
    return this.queue.beside(signal, work, waits);
  }

  private async begin(job: Job, events: JobEvents, signal: AbortSignal): Promise<JobResults[Job['kind']]> {
    const name = nameOf(job);
    this.begun.push(name);
    this.running.add(name);
    this.together.push([...this.running]);
    try {
      events.progress('working', 0, 1);
      await this.before(name, signal);
      await sleep(2);
      if (signal.aborted) throw new AppError('cancelled');
      events.note(`a note of ${job.kind}`);
      if (job.kind === 'compress' && events.stop?.aborted) return this.stopped(job);
      return this.perform(job);
    } finally {
      this.running.delete(name);
    }
  }

  /** A training that ended by hand, whose file is another. */
  private stopped(job: CompressJob): JobResults['compress'] {
    copyFileSync(job.modelPath, job.outputPath);
    appendFileSync(job.outputPath, `|half a ${job.technique}`);
    const { size: sizeBytes } = statSync(job.outputPath);
    return { sizeBytes, training: [{ ...training, stopped: { of: 20, stepsOfEpoch: 5 } }] };
  }

  private perform(job: Job): JobResults[Job['kind']] {
    switch (job.kind) {
      case 'compress': {
        copyFileSync(job.modelPath, job.outputPath);
        appendFileSync(job.outputPath, `|${job.technique}${JSON.stringify(job.params)}`);
        return { sizeBytes: statSync(job.outputPath).size };
      }
      case 'convert': {
        copyFileSync(job.modelPath, job.outputPath);
        appendFileSync(job.outputPath, `|${job.format}{}`);
        return { sizeBytes: statSync(job.outputPath).size };
      }
      case 'describe': {
        const { size } = statSync(job.modelPath);
        return { sizeBytes: size, sizeCompressedBytes: size, params: 1, nonZeroParams: 1, macs: 1, outputStep: 0.25 };
      }
      case 'evaluate': {
        const { entries } = job.images;
        const labels = entries.map((entry) => entry.label);
        // Every compression step turns one more answer wrong.
        const wrong = readFileSync(job.modelPath, 'utf8').split('|').length - 1;
        const topK = labels.map((label, row) => [row < wrong ? (label + 1) % 4 : label]);
        const hashes = entries.map((entry) => entry.hash);
        // The second runtime of a sweep is two steps off.
        const outputs = topK.map(() => [job.runtime === defaultTarget.runtime ? 4 : 4.5]);
        return { n: labels.length, classes: 4, topK, outputs, labels, hashes, skipped: 0 };
      }
      case 'try-preprocess':
        return { images: 0, tried: [] };
      case 'layers':
        return {
          layers: [],
          rest: { before: { milliseconds: 1, share: 1 }, after: { milliseconds: 1, share: 1 } },
          images: 0,
        };
      case 'measure':
        return {
          target: targetName(job.target),
          p50Ms: 1,
          p90Ms: 1,
          p99Ms: 1,
          madMs: 0,
          n: 10,
          rounds: 1,
          baselineP50Ms: 1,
          ratio: 1,
          ratioInterval: [1, 1],
          coldStartMs: 1,
          peakMemoryBytes: 1,
          mode: job.mode,
        };
      case 'sensitivity':
        return { images: job.calibration.entries.length, layers: [] };
    }
  }
}

/** "compress net with fp16", "evaluate net|fp16": the content of the input file tells where it comes from. */
function nameOf(job: Job): string {
  const path = 'candidatePath' in job ? job.candidatePath : job.modelPath;
  const content = readFileSync(path, 'utf8').replace(/\{[^|]*\}/g, '');
  return job.kind === 'compress' ? `compress ${content} with ${job.technique}` : `${job.kind} ${content}`;
}
