/**
 * A/A control: every zoo model against itself, several times. The ratio should be 1 and its interval should hold 1; the widths
 * are the smallest differences this machine can tell apart now. Usage: latency-noise [repeats] [threads] [quick|rigorous]
 */
import { modelCardSchema } from '../src/shared/model-card';
import { latencyModes } from '../src/shared/sweep-file';
import { measureLatency } from '../src/main/engine/measure/latency/latency';
import { ort } from '../src/main/engine/runtimes/ort';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const zoo = join(process.env.WHITTLE_SHARED ?? resolve('../shared'), 'zoo');
const repeats = Number(process.argv[2] ?? 3);
const threads = Number(process.argv[3] ?? 1);
const mode = latencyModes.find((name) => name === process.argv[4]) ?? 'quick';

for (const name of ['squeezenet1.1', 'mobilenetv2', 'resnet50']) {
  const path = join(zoo, `${name}.onnx`);
  if (!existsSync(path)) {
    console.log(`${name}: skipped, there is no ${path}`);
    continue;
  }
  const card = modelCardSchema.parse(JSON.parse(readFileSync(join(zoo, `${name}.card.json`), 'utf8')));
  for (let repeat = 0; repeat < repeats; repeat++) {
    const start = performance.now();
    const latency = await measureLatency({
      candidatePath: path,
      baselinePath: path,
      card,
      runtime: ort,
      threads,
      mode,
      seed: repeat,
      progress: () => undefined,
      signal: new AbortController().signal,
    });
    const [low, high] = latency.ratioInterval;
    console.log(
      [
        name.padEnd(14),
        `x${threads} ${mode}`,
        `ratio ${latency.ratio.toFixed(4)}`,
        `[${low.toFixed(4)}, ${high.toFixed(4)}]`,
        low <= 1 && high >= 1 ? 'holds 1' : 'MISSES 1',
        `width ${((high - low) * 100).toFixed(2)} %`,
        `p50 ${latency.p50Ms.toFixed(2)} ms  p90 ${latency.p90Ms.toFixed(2)}  p99 ${latency.p99Ms.toFixed(2)}  mad ${latency.madMs.toFixed(2)}`,
        `cold ${latency.coldStartMs.toFixed(0)} ms  n ${latency.n}  rounds ${latency.rounds}`,
        `${((performance.now() - start) / 1000).toFixed(1)} s`,
      ].join('  '),
    );
  }
}
