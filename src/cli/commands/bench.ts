import { formatBytes, formatCounted, formatMs } from '@shared/format';
import type { EnergyMetrics, LatencyMetrics } from '@shared/metrics';
import { controlRatio } from '@shared/presenter/comparison';
import { compareTime } from '@shared/presenter/compare-single';
import { disturbanceText } from '@shared/presenter/disturbance';
import { energyBasis, energyTexts } from '@shared/presenter/energy';
import { roundsText } from '@shared/presenter/reading';
import { indifferenceSchema, type LatencyMode, type Target } from '@shared/sweep-file';
import type { Model } from '../../main/engine/models/model-folder';
import { checkTarget } from '../../main/engine/runtimes/check-target';
import { runtimeOfFile } from '../../main/engine/runtimes/runtime-of-file';
import type { Command } from '../arguments';
import { runJob } from '../foreground-job';
import { runtimeHelp } from '../runtime-help';
import { openNamedFile, openSession } from '../session';

export const bench: Command = {
  name: 'bench',
  usage: 'MODEL',
  summary: 'latency of a model, interleaved with another (or with itself, which shows the noise)',
  options: {
    vs: { type: 'string', value: 'OTHER', help: 'the baseline' },
    threads: { type: 'string', value: 'N', help: 'threads of the runtime (1)' },
    runtime: { type: 'string', value: 'NAME', help: runtimeHelp },
    'vs-runtime': { type: 'string', value: 'NAME', help: 'of the baseline, where it is another' },
    rigorous: { type: 'boolean', help: 'more session pairs, narrower interval' },
    seed: { type: 'string', value: 'N', help: 'seed of the input (1)' },
  },
  async run(arguments_) {
    const threads = arguments_.integer('threads', 1, 256) ?? 1;
    const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;
    const mode: LatencyMode = arguments_.flag('rigorous') ? 'rigorous' : 'quick';
    const engine = await openSession(arguments_);
    try {
      const targetOf = async (file: Model, wanted?: string): Promise<Target> => {
        const target = { runtime: await runtimeOfFile(file, wanted), threads };
        await checkTarget(target);
        return target;
      };
      const wanted = arguments_.text('runtime');
      const model = await openNamedFile(engine, arguments_.positionals[0]!, arguments_);
      const target = await targetOf(model, wanted);
      const vs = arguments_.text('vs');
      const baseline = vs === undefined ? model : await openNamedFile(engine, vs, arguments_);
      const other = arguments_.text('vs-runtime') ?? (baseline.format === model.format ? target.runtime : undefined);
      const baselineTarget = await targetOf(baseline, other);
      const { times: _times, ...metrics } = await runJob(engine, {
        kind: 'measure',
        candidate: await engine.contents.addModel(model),
        baseline: await engine.contents.addModel(baseline),
        card: model.card,
        baselineCard: baseline.card,
        target,
        baselineTarget,
        mode,
        seed,
      });
      process.stdout.write(
        arguments_.flag('json')
          ? `${JSON.stringify({ model: model.path, vs: baseline.path, machine: engine.machine, latency: metrics }, null, 2)}\n`
          : latencyText(model.name, vs === undefined ? undefined : baseline.name, metrics),
      );
      return 0;
    } finally {
      engine.close();
    }
  },
};

/** "energy 84.2 mJ [83.7, 84.9] an image (package-0, less 4.1 W of idling): ×0.61 [0.60, 0.62], clear gain"; empty where no sensor tells it. */
function energyText(energy: EnergyMetrics | undefined, isControl: boolean): string {
  if (!energy) return '';
  const { text, spread } = energyTexts(energy);
  const amount = energy.isTold ? `${text} mJ ${spread}` : `${text}, ${spread} mJ`;
  const { comparison } = energy;
  const against =
    comparison &&
    (isControl
      ? controlRatio(comparison.ratio, comparison.ratioInterval)
      : compareTime(comparison, indifferenceSchema.parse({})));
  const change = against ? `: ${against.text} ${against.interval}, ${against.words}` : '';
  return `energy ${amount} an image (${energyBasis(energy)})${change}\n`;
}

function latencyText(name: string, baseline: string | undefined, metrics: LatencyMetrics): string {
  const { p50Ms, p90Ms, p99Ms, madMs, n } = metrics;
  const { text, interval, words } = baseline
    ? compareTime(metrics, indifferenceSchema.parse({}))
    : controlRatio(metrics.ratio, metrics.ratioInterval);
  const against = baseline
    ? `against ${baseline} (${formatMs(metrics.baselineP50Ms)}): ${text} ${interval}, ${words}`
    : `against itself: ${text} ${interval} (what noise alone does here)`;
  const { firstInferenceMs } = metrics;
  const first = firstInferenceMs === undefined ? '' : ` (the inference ${formatMs(firstInferenceMs)})`;
  const disturbed = disturbanceText(metrics.disturbance);
  return (
    `${name} on ${metrics.target}, one image: median ${formatMs(p50Ms)}, p90 ${formatMs(p90Ms)}, p99 ${formatMs(p99Ms)}, MAD ${formatMs(madMs)} (${formatCounted(n, 'inference')}, ${roundsText(metrics)})\n` +
    `${against}\n${energyText(metrics.energy, baseline === undefined)}load and first inference ${formatMs(metrics.coldStartMs)}${first}, peak memory ${formatBytes(metrics.peakMemoryBytes)}\n${disturbed ? `${disturbed}\n` : ''}`
  );
}
