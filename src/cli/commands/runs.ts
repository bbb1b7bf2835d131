import { AppError } from '@shared/errors';
import { formatCounted, formatDuration } from '@shared/format';
import type { RunSummary } from '@shared/run';
import type { Engine } from '../../main/engine/create-engine';
import { missingFiles } from '../../main/engine/sweep/missing-files';
import type { TrialPlan } from '../../main/engine/sweep/plan';
import { RunMarker } from '../../main/engine/sweep/run-marker';
import { usageError, type Arguments, type Command } from '../arguments';
import { findRun } from '../find-run';
import { openSession } from '../session';
import { textTable } from '../text-table';

const actions = ['rename', 'note', 'tag', 'star', 'delete', 'restore', 'remake'] as const;
type Action = (typeof actions)[number];

export const runs: Command = {
  name: 'runs',
  usage: '[ACTION] [RUN] [TEXT]',
  summary: 'list runs, or: rename RUN NAME, note RUN TEXT, tag RUN TAGS, star RUN [TRIAL], delete, restore, remake RUN',
  options: {
    remove: { type: 'boolean', help: 'with tag and star: take it away' },
    out: { type: 'string', value: 'DIR', help: 'the folder given to run --out' },
  },
  async run(arguments_) {
    const [word, reference] = arguments_.positionals;
    const action = actions.find((one) => one === word);
    if (word !== undefined && !action) throw usageError(runs, `it knows ${actions.join(', ')}, not "${word}"`);
    if (action && reference === undefined) throw usageError(runs, 'RUN is missing');
    const [, , surplus] = arguments_.positionals;
    if (surplus !== undefined && !/^(rename|note|tag|star)$/.test(action!))
      throw usageError(runs, `"${surplus}" is one argument too many for ${action}`);
    const engine = await openSession(arguments_, { workspace: arguments_.text('out') });
    try {
      engine.runs.recover();
      const changed = action && (await act(engine, action, reference!, arguments_));
      if (arguments_.flag('json')) {
        process.stdout.write(`${JSON.stringify(changed ?? engine.runs.list(), null, 2)}\n`);
      } else if (!action) process.stdout.write(listText(engine));
      if (!action)
        for (const { error } of engine.workspace.runs.names()) if (error) process.stderr.write(`${error.message}\n`);
      return 0;
    } finally {
      engine.close();
    }
  },
};

/** Answers the run as it is now; undefined where it was deleted. */
async function act(
  engine: Engine,
  action: Action,
  reference: string,
  arguments_: Arguments,
): Promise<RunSummary | undefined> {
  const marker = new RunMarker(engine.workspace, engine.runs);
  const text = arguments_.positionals[2];
  const isRemoved = arguments_.flag('remove');
  const given = (): string => {
    if (text === undefined) throw usageError(runs, 'TEXT is missing');
    return text;
  };
  if (action === 'restore') return marker.restore(deletedRun(engine, reference));
  const run = findRun(engine, reference);
  switch (action) {
    case 'rename': {
      const name = given().trim();
      if (name === '') throw usageError(runs, 'the new name is empty');
      return marker.edit(run, { name });
    }
    case 'note':
      return marker.edit(run, { note: given() });
    case 'tag': {
      const tags = given()
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean);
      const others = (engine.runs.record(run).tags ?? []).filter((tag) => !tags.includes(tag));
      return marker.edit(run, { tags: isRemoved ? others : [...others, ...tags] });
    }
    case 'star':
      if (text === undefined) return marker.edit(run, { starred: !isRemoved });
      marker.star(run, text, !isRemoved);
      return engine.runs.summary(engine.runs.record(run));
    case 'remake':
      return remake(engine, run);
    case 'delete':
      marker.delete(run);
      process.stderr.write(`Deleted. For a week "whittle runs restore ${run}" brings it back.\n`);
      return undefined;
  }
}

/** Makes the collected files of every trial again. */
async function remake(engine: Engine, run: string): Promise<RunSummary> {
  const plans = engine.workspace.runs.trials<TrialPlan>(run).map(({ plan }) => plan);
  const keys = plans.flatMap((plan) => missingFiles(plan, engine.workspace));
  if (keys.length > 0) {
    const planned = engine.runs.record(run).manifest.elsewhere;
    const prepared = await engine.prepare(engine.runs.resumable(run), { planned });
    await engine.runs.resume(run, prepared, { again: keys }).finished;
  }
  process.stderr.write(`Made ${formatCounted(keys.length, 'file')} again.\n`);
  return engine.runs.summary(engine.runs.record(run));
}

function deletedRun(engine: Engine, reference: string): string {
  const found = engine.workspace.marks.deleted().find(({ id, name }) => id.startsWith(reference) || name === reference);
  if (!found) throw new AppError('run.not-found', { run: reference, path: engine.workspace.folder });
  return found.id;
}

function listText(engine: Engine): string {
  const list = engine.runs.list();
  if (list.length === 0) throw new AppError('run.none', { path: engine.workspace.folder });
  const rows = list.map((run) => [
    run.starred ? '*' : '',
    run.id,
    run.name,
    run.damaged === undefined ? run.status : 'damaged',
    `${run.trialsDone}/${run.trialsTotal}`,
    run.trialsFailed > 0 ? String(run.trialsFailed) : '',
    formatDuration(run.elapsedMs),
    run.models.join(', '),
    run.tags.join(', '),
  ]);
  const right = { align: 'right' as const };
  const columns = [
    { title: '' },
    { title: 'run' },
    { title: 'name' },
    { title: 'status' },
    { title: 'trials', ...right },
    { title: 'failed', ...right },
    { title: 'took', ...right },
    { title: 'models' },
    { title: 'tags' },
  ];
  return textTable(columns, rows);
}
