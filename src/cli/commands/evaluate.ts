import { formatInterval, formatNumber } from '@shared/format';
import type { AccuracyMetrics } from '@shared/metrics';
import { compareTop1 } from '@shared/presenter/compare-single';
import { formatP } from '@shared/presenter/comparison';
import { indifferenceSchema, type Target } from '@shared/sweep-file';
import type { Dataset } from '../../main/engine/dataset/dataset';
import { imagesFor } from '../../main/engine/dataset/map-classes';
import { openDataset } from '../../main/engine/dataset/open-dataset';
import type { Engine } from '../../main/engine/create-engine';
import { accuracyMetrics, type Predictions } from '../../main/engine/measure/accuracy/accuracy';
import { isChance } from '../../main/engine/measure/explain/collapse';
import type { Model } from '../../main/engine/models/model-folder';
import { checkTarget } from '../../main/engine/runtimes/check-target';
import { findRuntime } from '../../main/engine/runtimes/registry';
import { runtimeOfFile } from '../../main/engine/runtimes/runtime-of-file';
import { runtimeHelp } from '../runtime-help';
import { usageError, type Command } from '../arguments';
import { runJob } from '../foreground-job';
import { openNamedFile, openSession } from '../session';

export const evaluate: Command = {
  name: 'eval',
  usage: 'MODEL',
  summary: 'top-1 and top-5 of a model on the evaluation images',
  options: {
    data: { type: 'string', value: 'DIR', help: 'dataset' },
    limit: { type: 'string', value: 'N', help: 'evaluation images (all)' },
    vs: { type: 'string', value: 'OTHER', help: 'compare with another model on the same images' },
    runtime: { type: 'string', value: 'NAME', help: runtimeHelp },
    threads: { type: 'string', value: 'N', help: 'threads of the runtime' },
    seed: { type: 'string', value: 'N', help: 'which images, with --limit (1)' },
    'by-name': { type: 'boolean', help: 'match the classes of dataset and model by name, not by number' },
  },
  async run(arguments_) {
    const data = arguments_.text('data');
    if (data === undefined) throw usageError(evaluate, '--data DIR is missing');
    const limit = arguments_.integer('limit', 1, 10_000_000) ?? 0;
    const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;
    const engine = await openSession(arguments_);
    try {
      const asked = arguments_.integer('threads', 1, 256);
      const targetOf = async (file: Model, wanted?: string): Promise<Target> => {
        const runtime = await runtimeOfFile(file, wanted);
        const { maximumThreads = Infinity } = findRuntime(runtime);
        const target = { runtime, threads: asked ?? Math.min(engine.executor.threads, maximumThreads) };
        await checkTarget(target);
        return target;
      };
      const wanted = arguments_.text('runtime');
      const model = await openNamedFile(engine, arguments_.positionals[0]!, arguments_);
      const target = await targetOf(model, wanted);
      const vs = arguments_.text('vs');
      const other = vs === undefined ? undefined : await openNamedFile(engine, vs, arguments_);
      // A file of another format runs where such files run.
      const otherTarget = other && (await targetOf(other, other.format === model.format ? wanted : undefined));
      const dataset = await openDataset(
        {
          path: data,
          eval: limit,
          calibration: 0,
          train: 0,
          seed,
          classes: arguments_.flag('by-name') ? 'by-name' : 'by-number',
        },
        { cacheFolder: engine.workspace.cacheFolder },
      );
      const baseline = other && (await predict(engine, other, dataset, otherTarget!));
      const metrics = accuracyMetrics(await predict(engine, model, dataset, target), baseline);
      if (metrics.top1 !== undefined && isChance(metrics.top1, model.card.output.classes)) {
        process.stderr.write(
          `${model.name} guesses: preprocessing or labels may not fit it. "whittle models try" shows what each usual preprocessing gives.\n`,
        );
      }
      for (const problem of dataset.problems) process.stderr.write(`${problem.message}\n`);
      process.stdout.write(
        arguments_.flag('json')
          ? `${JSON.stringify({ model: model.name, vs: other?.name, dataset: dataset.name, fingerprint: dataset.fingerprint, metrics }, null, 2)}\n`
          : accuracyText(model.name, metrics),
      );
      return 0;
    } finally {
      engine.close();
    }
  },
};

async function predict(
  engine: Engine,
  model: Model,
  dataset: Dataset,
  { runtime, threads }: Target,
): Promise<Predictions> {
  return runJob(engine, {
    kind: 'evaluate',
    runtime,
    model: await engine.contents.addModel(model),
    card: model.card,
    images: await engine.contents.addImages(imagesFor(dataset.eval, dataset, model.card)),
    threads,
  });
}

function accuracyText(name: string, metrics: AccuracyMetrics): string {
  const lines = [
    `${name}: ${metrics.n.toLocaleString('en')} images${metrics.skipped > 0 ? `, ${metrics.skipped} skipped` : ''}`,
  ];
  const share = (label: string, value: number | undefined, interval: [number, number] | undefined): void => {
    if (value !== undefined && interval)
      lines.push(`${label}  ${formatNumber(value, 2)} %  ${formatInterval(interval)}`);
  };
  share('top-1', metrics.top1, metrics.top1Interval);
  share('top-5', metrics.top5, metrics.top5Interval);
  const difference = compareTop1(metrics, indifferenceSchema.parse({}));
  if (difference) {
    const p = difference.adjustedP === undefined ? '' : `  McNemar p ${formatP(difference.adjustedP)}`;
    lines.push(`difference  ${difference.text} points  ${difference.interval}${p}: ${difference.words}`);
  }
  if (metrics.agreement !== undefined) lines.push(`agreement  ${formatNumber(metrics.agreement, 2)} %`);
  if (metrics.top1 === undefined) lines.push('The dataset has no labels: no accuracy.');
  return `${lines.join('\n')}\n`;
}
