/**
 * One network in several runtimes, each against the first, measured side by side as the trials of a sweep are: the ratio of times on one thread
 * with its 95 % interval over session pairs.
 * Usage: runtimes MODEL.onnx TARGET TARGET ... [--rigorous] [--threads N]
 * TARGET is a runtime with what it is given, "openvino {precision:default}", and with its file where that is not the model: "litert=MODEL.tflite".
 */
import { parseArgs } from 'node:util';
import { builtFile } from '../src/main/engine/files/built-file';
import { runInWorker } from '../src/main/engine/jobs/worker-process';
import { openModel } from '../src/main/engine/models/model-folder';
import { checkTarget } from '../src/main/engine/runtimes/check-target';
import type { ModelCard } from '../src/shared/model-card';
import { targetName, type Target } from '../src/shared/sweep-file';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rigorous: { type: 'boolean' }, threads: { type: 'string', default: '1' } },
});
const [modelPath = '', ...named] = positionals;
const contestants = await Promise.all(named.map((text) => contestant(text, Number(values.threads))));
for (const { target } of contestants) await checkTarget(target);
const [baseline, ...candidates] = contestants;
if (!baseline || candidates.length === 0) throw new Error('name a model and at least two targets');

const { signal } = new AbortController();
const events = { progress: () => undefined, note: () => undefined, log: (line: string) => console.error(line) };
for (const { target, path, card } of candidates) {
  const { ratio, ratioInterval, p50Ms, baselineP50Ms, coldStartMs, disturbance } = await runInWorker(
    builtFile('worker.js'),
    {
      kind: 'measure',
      candidatePath: path,
      baselinePath: baseline.path,
      card,
      target,
      baselineCard: baseline.card,
      baselineTarget: baseline.target,
      mode: values.rigorous ? 'rigorous' : 'quick',
      seed: 1,
    },
    events,
    { signal, graceMs: 3000 },
  );
  const [low, high] = ratioInterval.map((end) => end.toFixed(3));
  const others = disturbance?.otherCpuShare;
  console.log(
    `${card.name}  ${targetName(target)} / ${targetName(baseline.target)}: x${ratio.toFixed(3)} [${low}, ${high}]  ` +
      `${p50Ms.toFixed(3)} ms / ${baselineP50Ms.toFixed(3)} ms  cold start ${coldStartMs.toFixed(0)} ms` +
      (others === undefined ? '' : `  others ${(100 * others).toFixed(1)} %`),
  );
}

/** "litert=MODEL.tflite usb:0 {performance:max}". */
async function contestant(text: string, threads: number): Promise<{ target: Target; path: string; card: ModelCard }> {
  const [, runtime, path = modelPath, device, given = ''] =
    /^([^\s={]+)(?:=(\S+))?(?:\s+([^\s{]+))?\s*(?:\{(.*)\})?$/.exec(text) ?? [];
  if (runtime === undefined) throw new Error(`"${text}" is no target`);
  const pairs = given.split(',').flatMap((pair) => {
    const [name = '', value = ''] = pair.split(':').map((part) => part.trim());
    return name === '' ? [] : [[name, value] as const];
  });
  const options = pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
  return { target: { runtime, device, threads, options }, path, card: (await openModel(path)).card };
}
