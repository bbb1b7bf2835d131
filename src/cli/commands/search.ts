import { resolve } from 'node:path';
import { datasetSpecSchema } from '@shared/dataset';
import { searchGoals, searchSpecSchema, type SearchSpec } from '@shared/search';
import { searchRequestSchema } from '@shared/search-state';
import { defaultTarget, sweepFileSchema, type SweepFile, type Target } from '@shared/sweep-file';
import { searchSweeps } from '../../main/engine/search-sweeps';
import type { Engine } from '../../main/engine/create-engine';
import { usageError, type Arguments, type Command } from '../arguments';
import { joinMachines, serverOption } from '../join-machines';
import { ProgressLine } from '../progress-line';
import { searchText } from '../search-text';
import { openSession } from '../session';
import { trainingFolder, trainingOption } from '../training-option';
import { runSearch } from '../run-search';

export const search: Command = {
  name: 'search',
  usage: 'MODEL',
  summary: 'find the chain of techniques that makes a model smallest or fastest within a loss',
  options: {
    data: { type: 'string', value: 'DIR', help: 'dataset' },
    'max-drop': { type: 'string', value: 'POINTS', help: 'points of top-1 that may be lost (1)' },
    goal: { type: 'string', value: 'GOAL', help: 'latency, size, or both (the usual)' },
    'max-bytes': { type: 'string', value: 'N', help: 'largest file' },
    'max-latency-ratio': { type: 'string', value: 'R', help: 'longest time, of that of the model: 0.5 is half' },
    budget: { type: 'string', value: 'TIME', help: 'such as 90min or 2h (1h); the same command with more goes on' },
    until: {
      type: 'string',
      value: 'HH:MM',
      help: 'time of day by which all is over; the last fifth of the time confirms',
    },
    trials: { type: 'string', value: 'N', help: 'candidates at most (500)' },
    also: { type: 'string', value: 'MODELS', help: 'models that may stand in for it, separated by commas' },
    target: {
      type: 'string',
      value: 'NAME',
      help: 'where times are taken: ort-cpu (the usual), ort-cpu:2 for two threads, ort-cpu:2@pi4 on the machine with that label, or none',
    },
    limit: { type: 'string', value: 'N', help: 'evaluation images (all); half of them choose, half confirm' },
    out: { type: 'string', value: 'DIR', help: 'keep the journal, the winners and the results in DIR' },
    ...trainingOption,
    ...serverOption,
    seed: { type: 'string', value: 'N', help: 'seed (1)' },
    'by-name': { type: 'boolean', help: 'match the classes of dataset and model by name, not by number' },
  },
  async run(arguments_) {
    const line = new ProgressLine();
    const aims = aimsOf(arguments_);
    const targets = targetsOf(arguments_.text('target'));
    const data = arguments_.text('data');
    if (data === undefined) throw usageError(search, '--data DIR is missing');
    const engine = await openSession(arguments_, {
      workspace: arguments_.text('out'),
      events: {
        progress: (progress) => {
          if (progress && progress.stage !== '') line.update(progress);
        },
      },
    });
    try {
      await joinMachines(engine, arguments_, line);
      const sweep = await sweepOf(engine, arguments_, { aims, targets, data });
      const answer = await runSearch(engine, sweep, { out: arguments_.text('out') }, line);
      process.stdout.write(arguments_.flag('json') ? `${JSON.stringify(answer, null, 2)}\n` : searchText(answer, aims));
      return answer.winners.length > 0 ? 0 : 1;
    } finally {
      line.clear();
      engine.close();
    }
  },
};

async function sweepOf(
  engine: Engine,
  arguments_: Arguments,
  { aims, targets, data }: { aims: SearchSpec; targets: Target[]; data: string },
): Promise<SweepFile> {
  const seed = arguments_.integer('seed', 0, 2 ** 31) ?? 1;
  const spec = datasetSpecSchema.parse({
    path: resolve(data),
    eval: arguments_.integer('limit', 2, 10_000_000) ?? 0,
    ...trainingFolder(arguments_),
    seed,
    ...(arguments_.flag('by-name') && { classes: 'by-name' }),
  });
  const others = arguments_.text('also')?.split(',') ?? [];
  const models = [arguments_.positionals[0]!, ...others].map((name) => name.trim());
  const request = searchRequestSchema.parse({ models, dataset: spec, targets, search: aims, mayReplace: true, seed });
  const [first] = await searchSweeps(engine, request);
  const until = arguments_.text('until');
  if (until === undefined) return first!.sweep;
  const { success, data: time } = sweepFileSchema.shape.until.safeParse(until);
  if (!success) throw usageError(search, `--until takes a time of day such as 07:00, not "${until}"`);
  return { ...first!.sweep, until: time };
}

/** @throws `usage` */
function aimsOf(arguments_: Arguments): SearchSpec {
  const number = (name: string): number | undefined => {
    const text = arguments_.text(name);
    if (text === undefined) return undefined;
    if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
    throw usageError(search, `--${name} takes a number, not "${text}"`);
  };
  const goal = arguments_.text('goal');
  if (goal !== undefined && !searchGoals.some((one) => one === goal))
    throw usageError(search, `--goal takes ${searchGoals.join(', ')}, not "${goal}"`);
  const parsed = searchSpecSchema.safeParse({
    maxDrop: number('max-drop'),
    goal,
    maxBytes: number('max-bytes'),
    maxLatencyRatio: number('max-latency-ratio'),
    budget: arguments_.text('budget'),
    trials: number('trials'),
  });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const option = String(path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usageError(search, `--${option}: ${message}`);
}

/** "ort-cpu", "ort-cpu:2", "ort-cpu:2@pi4" or "none". @throws `usage` */
function targetsOf(text: string | undefined): Target[] {
  if (text === undefined) return [defaultTarget];
  if (text === 'none') return [];
  const [, runtime, threads, on] = /^([\w-]+)(?::(\d{1,3}))?(?:@([a-z0-9][a-z0-9-]{0,39}))?$/.exec(text) ?? [];
  if (runtime === undefined || threads === '0')
    throw usageError(search, `--target takes a runtime with its threads such as ort-cpu:2, or none, not "${text}"`);
  return [{ runtime, threads: Number(threads ?? 1), ...(on !== undefined && { on }) }];
}
