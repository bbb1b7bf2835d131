import { join } from 'node:path';
import type { EngineContract } from '@shared/contract';
import { AppError, toAppError } from '@shared/errors';
import { splits } from '@shared/dataset';
import { recipeSchema } from '@shared/recipe';
import { formatRecipe } from '@shared/recipe-syntax';
import type { Handlers } from '@shared/rpc';
import type { Progress, RunView, TrialView } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import type { Engine } from './create-engine';
import { storageUse } from './collection/storage-use';
import { compareRuns, type RunWithAnswers } from './compare/compare-runs';
import { openDataset } from './dataset/open-dataset';
import { summarize } from './dataset/dataset-summary';
import { gatherReportSources } from './gather-report-sources';
import { handOver, handoverName } from './handover/hand-over';
import { writeCard } from './models/card';
import { copyModel } from './models/copy-model';
import { describeModel } from './models/describe-model';
import { inspectModel } from './models/inspect-model';
import { modelChannels } from './models/model-channels';
import { listModels, locateModel, openModel, summarizeModel } from './models/model-folder';
import { writeFileAtomic } from './files/atomic-file';
import { cardOfArtifact } from './models/artifact-card';
import { withResults } from './other-results';
import { preprocessTrial } from './preprocess-trial';
import { renderReport } from './report/render-report';
import { sensitivityReport } from './sensitivity-report';
import { answersOfRun } from './sweep/answers-of-run';
import type { JobEvents } from './sweep/executor';
import { measurementsToRepeat } from './sweep/remeasure';
import { RunMarker } from './sweep/run-marker';
import { missingFiles } from './sweep/missing-files';
import type { TrialPlan } from './sweep/plan';
import { countSteps } from './sweep/run-manager';
import { trialLayers } from './sweep/trial-layers';
import { readSweep } from './sweep/read-sweep';
import { checkRecipe } from './techniques/check-recipe';
import { describeTechniques } from './techniques/registry';

/** The engine's answers to the contract. */
export function handlersOf(engine: Engine): Handlers<EngineContract> {
  const { runs, workspace } = engine;
  const marker = new RunMarker(workspace, runs);
  return {
    'engine.info': () => engine.info(),
    'settings.get': () => engine.settings(),
    'settings.set': (change) => engine.changeSettings(change),
    'storage.use': async () => ({ ...(await storageUse(workspace)), last: engine.lastCollection() }),
    'storage.collect': () => engine.collect(engine.settings().diskBudgetBytes ?? Infinity),
    'techniques.list': () => describeTechniques(),
    'recipes.check': ({ recipe }) => {
      const parsed = recipeSchema.safeParse(recipe);
      if (!parsed.success) return { problem: parsed.error.issues[0]!.message };
      try {
        checkRecipe(parsed.data);
        return { text: formatRecipe(parsed.data) };
      } catch (thrown) {
        return { problem: toAppError(thrown).message };
      }
    },
    'models.list': ({ folder }) => listModels(folder ?? engine.modelFolder()),
    'models.inspect': ({ path }) => inspectModel(path),
    'models.channels': ({ path }) => modelChannels(path),
    'models.describe': async ({ path, preprocess, labels, channels, output }) => {
      await describeModel(path, { preprocess, labels, channels, output });
      return summarizeModel(path);
    },
    'models.tryPreprocess': async ({ output, size, ...request }, { progress, signal }) => {
      const events = watchedBy(progress);
      const run: Parameters<typeof preprocessTrial>[2] = (job) => engine.executor.run(job, events, signal);
      return preprocessTrial(engine, request, run, { output, size }, signal);
    },
    'datasets.inspect': async (spec, { progress, signal }) => {
      const events = watchedBy(progress);
      const dataset = await openDataset(spec, {
        cacheFolder: workspace.cacheFolder,
        signal,
        // What is there is shown beside what is asked for; a sweep that asks for more says so.
        upTo: splits,
        progress: (done, total) => events.progress('reading the dataset', done, total),
      });
      return summarize(dataset);
    },
    'sensitivity.measure': async (request, { progress, signal }) => {
      const events = watchedBy(progress);
      const model = await openModel(locateModel(request.model, engine.modelFolder()));
      return sensitivityReport(engine, model, request, (job) => engine.executor.run(job, events, signal));
    },
    'sweeps.plan': async (sweep) => {
      const { trials, warnings } = await engine.prepare(sweep);
      return { trials: trials.length, ...countSteps(trials, workspace), warnings };
    },
    'sweeps.parse': ({ path }) => readSweep(path),
    'sweeps.start': async (sweep) => {
      const { id } = runs.start(await engine.prepare(sweep));
      return runs.summary(runs.record(id));
    },
    'runs.list': () => runs.list(),
    'runs.get': ({ run, against }) => runs.view(run, against),
    'runs.compare': ({ reference, candidate, recipes }) =>
      compareRuns(withAnswers(engine, reference), withAnswers(engine, candidate), recipes),
    'results.runs': ({ folder }) => withResults(folder, engine.executor, (results) => results.runs.list()),
    'results.compare': ({ folder, reference, candidate, recipes }) =>
      withResults(folder, engine.executor, (results) =>
        compareRuns({ ...withAnswers(results, reference), source: folder }, withAnswers(engine, candidate), recipes),
      ),
    'runs.pause': ({ run }) => runs.control(run).pause(),
    'runs.continue': ({ run }) => runs.control(run).continue(),
    'runs.cancel': ({ run }) => runs.control(run).cancel(),
    'runs.resume': async ({ run }) => {
      runs.resume(run, await engine.prepare(runs.record(run).sweep));
    },
    'runs.remeasure': async ({ run, trials }) => {
      const keys = measurementsToRepeat(runs.view(run), trials);
      if (keys.length > 0) runs.resume(run, await engine.prepare(runs.record(run).sweep), keys);
      return { measurements: keys.length };
    },
    'runs.sweep': ({ run }) => runs.record(run).sweep,
    'runs.edit': ({ run, ...change }) => marker.edit(run, change),
    'runs.delete': ({ run }) => marker.delete(run),
    'runs.restore': ({ run }) => marker.restore(run),
    'trials.star': ({ run, trial, starred }) => marker.star(run, trial, starred),
    'trials.remake': async ({ run, trial }) => {
      const plan = workspace.runs.trials<TrialPlan>(run).find(({ id }) => id === trial)?.plan;
      if (!plan) throw new AppError('run.not-found', { run: `${run}: ${trial}`, path: workspace.folder });
      const keys = missingFiles(plan, workspace);
      if (keys.length > 0) runs.resume(run, await engine.prepare(runs.record(run).sweep), keys);
    },
    'trials.annotate': ({ run, trial, note }) => marker.annotate(run, trial, note),
    'runs.log': ({ run, trial }) => workspace.runs.log(run, trial),
    'runs.export': async ({ run, against, format, view, path }) => {
      const shown = runs.view(run, against);
      const sources = await gatherReportSources(engine, shown);
      await writeFileAtomic(path, renderReport(shown, format, { view, sources }));
      return { path };
    },
    'trials.layers': async ({ run, trial }, { progress, signal }) => {
      const events = watchedBy(progress);
      const prepare = (sweep: SweepFile) => engine.prepare(sweep, { signal, progress: events.progress });
      const sources = { workspace, runs, executor: engine.executor, machineId: engine.machine.id, prepare };
      return trialLayers(run, trial, sources, events, signal);
    },
    'runs.html': async ({ run, against, view, paper }) => {
      const shown = runs.view(run, against);
      return renderReport(shown, 'html', { view, paper, sources: await gatherReportSources(engine, shown) });
    },
    'trials.handOver': async ({ run, trial, parent }) => {
      const { view, found } = ownTrial(engine, run, trial);
      const { folder } = await handOver(view, found, join(parent, handoverName(found)), true);
      return { folder };
    },
    'runs.saveArtifact': async ({ run, trial, path }) => {
      const { view, found } = ownTrial(engine, run, trial);
      if (!found.artifact) throw new AppError('run.not-found', { run: `${run}: ${trial}`, path: workspace.folder });
      await copyModel(found.artifact.path, path);
      const card = await cardOfArtifact(view, found);
      if (card) await writeCard(path, card);
      return { path };
    },
  };
}

/** A trial of the workspace's own runs: of one that was opened from a file, no model is here. @throws `results.read-only`, `run.not-found` */
function ownTrial({ runs, workspace }: Engine, run: string, trial: string): { view: RunView; found: TrialView } {
  runs.record(run);
  const view = runs.view(run);
  const found = view.trials.find((candidate) => candidate.id === trial);
  if (!found) throw new AppError('run.not-found', { run: `${run}: ${trial}`, path: workspace.folder });
  if (found.collected) throw new AppError('artifact.collected', { trial });
  return { view, found };
}

function withAnswers({ runs, workspace }: Pick<Engine, 'runs' | 'workspace'>, run: string): RunWithAnswers {
  return { run: runs.view(run), answersOf: answersOfRun(workspace, run) };
}

/** Events of a job for somebody who waits for its answer: progress with the time it has taken. Notes and log lines have no reader. */
function watchedBy(progress: (packet: Progress) => void): JobEvents {
  const startedAt = Date.now();
  const nothing = (): void => undefined;
  return {
    progress: (stage, done, total) => progress({ stage, done, total, elapsedMs: Date.now() - startedAt }),
    note: nothing,
    log: nothing,
  };
}
