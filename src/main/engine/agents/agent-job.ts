import { gzipSync } from 'node:zlib';
import { AppError, toAppError } from '@shared/errors';
import type { Job } from '../jobs/job';
import type { Order } from '../jobs/order';
import { isStopped } from '../jobs/stopped';
import { parseParams } from '../techniques/parse-params';
import { findTechnique } from '../techniques/registry';
import { findRuntime } from '../runtimes/registry';
import { deployOptions, findFormat } from '../formats/registry';
import type { Executor } from '../sweep/executor';
import { formatOf } from '../sweep/plan';
import { incomingName } from '../store/artifacts';
import type { ContentCache } from './content-cache';
import type { FileStore } from './file-store';
import { inlineBytes, type AgentJob, type DoneOutcome } from './protocol';

/** The order of a job as this machine does it: what it names is known here, and where it writes is our own. Throws what the registries throw. */
function ownOrder({ key, order }: AgentJob): Order<Job> {
  switch (order.kind) {
    case 'compress':
      parseParams(findTechnique(order.technique), order.params);
      return { ...order, key, output: incomingName(key) } as Order<Job>;
    case 'convert':
      deployOptions(findFormat(order.format), order.options);
      return { ...order, key, output: incomingName(key) };
    case 'describe':
      if (order.format !== 'onnx') findFormat(order.format);
      return order;
    case 'evaluate':
      findRuntime(order.runtime);
      return order;
    case 'measure':
      for (const target of [order.target, order.baselineTarget, order.insteadOf])
        if (target) findRuntime(target.runtime);
      return order;
  }
}

interface WorkEvents {
  began(): void;
  progress(stage: string, done: number, total: number): void;
  log(line: string): void;
  /** Of a training, which ends with the best so far. */
  stop: AbortSignal;
}

type WithoutBy<T> = T extends unknown ? Omit<T, 'by'> : never;

/** Does a job: fetches what it names, works, uploads what came of it. While times are taken nothing travels. Throws what each of these throws. */
export async function doJob(
  job: AgentJob,
  { cache, store, executor }: { cache: ContentCache; store: FileStore; executor: Executor },
  events: WorkEvents,
  signal: AbortSignal,
): Promise<{ outcome: WithoutBy<DoneOutcome>; fetchedBytes: number }> {
  const order = ownOrder(job);
  events.progress('fetching', 0, 0);
  const { release, fetchedBytes } = await executor.beside(signal, () => cache.gather(job, signal));
  const notes: string[] = [];
  let startedAt = Date.now();
  let artifact: DoneOutcome['artifact'];
  const { coolDownMs = 0 } = job;
  try {
    const format = formatOf(order);
    const { artifacts } = cache.contents;
    let elapsedMs = 0;
    const result = await executor.run(
      order,
      {
        started: () => {
          startedAt = Date.now();
          events.began();
        },
        progress: events.progress,
        note: (sentence) => void notes.push(sentence),
        log: events.log,
        stop: events.stop,
      },
      signal,
      {
        order: 0,
        limits: job.limits,
        coolDownMs,
        settle: async () => {
          elapsedMs = Date.now() - startedAt - (order.kind === 'measure' ? coolDownMs : 0);
          if (format === undefined) return;
          artifact = await artifacts.adopt(artifacts.reserve(incomingName(job.key)), format);
        },
      },
    );
    if (artifact && format !== undefined) {
      const path = artifacts.path(artifact.sha256, format);
      const release = await cache.keep(path);
      // Whoever was told of it before may have found it gone.
      store.forget(artifact.sha256);
      const { sha256, sizeBytes } = artifact;
      await executor.beside(signal, () => store.putFile(sha256, path, sizeBytes, signal)).finally(release);
    }
    const kept = await executor.beside(signal, () => keepResult(result, store, signal));
    return {
      outcome: {
        ...(isStopped(result) ? { is: 'stopped', job: job.id } : { is: 'done' }),
        key: job.key,
        result: kept,
        ...(artifact && { artifact }),
        notes,
        elapsedMs: Math.max(0, elapsedMs),
      },
      fetchedBytes,
    };
  } catch (thrown) {
    await cache.contents.artifacts.discard(cache.contents.outputPath(incomingName(job.key))).catch(() => undefined);
    throw thrown;
  } finally {
    release();
  }
}

/** A large result is a file of the store. */
async function keepResult(result: unknown, store: FileStore, signal: AbortSignal): Promise<DoneOutcome['result']> {
  const text = JSON.stringify(result);
  if (text.length < inlineBytes) return { inline: result };
  return store.putBytes(gzipSync(text), signal);
}

/** Whether another machine may do better, or this one later. */
export function isOfThisMachine(thrown: unknown): boolean {
  const { code } = toAppError(thrown);
  return ['output.disk-full', 'output.unwritable', 'agents.too-large', 'agents.damaged', 'model.changed'].includes(
    code,
  );
}

export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof AppError && ['agents.gone', 'content.missing', 'artifact.damaged'].includes(thrown.code);
