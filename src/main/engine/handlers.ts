import { basename, dirname, join } from 'node:path';
import type { EngineContract } from '@shared/contract';
import { AppError, toAppError } from '@shared/errors';
import { splits, type DatasetSpec } from '@shared/dataset';
import { recipeSchema } from '@shared/recipe';
import { recipeVariants } from '@shared/recipe-ranges';
import { formatRecipe } from '@shared/recipe-syntax';
import type { Handlers } from '@shared/rpc';
import type { Progress, RunView, TrialView } from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import { trialOfRun } from '@shared/trial-of-run';
import type { Engine } from './create-engine';
import { deploymentEstimate } from './deployment-estimate';
import { deployOptions, findFormat } from './formats/registry';
import { checkTarget } from './runtimes/check-target';
import { packFolder } from './runtimes/locate-library';
import { runtimePack } from './runtimes/runtime-packs';
import { storageUse } from './collection/storage-use';
import { compareRunsInSlices, type RunWithAnswers } from './compare/compare-runs';

import { checkSplits } from './dataset/check-splits';
import { classMapping } from './dataset/class-mapping';
import { LastDataset } from './dataset/last-dataset';
import { previewImages } from './dataset/preview-images';
import { summarize } from './dataset/dataset-summary';
import { gatherReportSources } from './gather-report-sources';
import { handOver, handoverName } from './handover/hand-over';
import { listZoo, zooModel } from './fetch/catalogue';
import { getModel } from './fetch/get-model';
import { getPack } from './fetch/get-pack';
import { liveHandlers, type LiveEvents } from './live-handlers';
import { machinesHandlers } from './machines-handlers';
import { readCard, writeCard } from './models/card';
import { copyModel } from './models/copy-model';
import { describeModel } from './models/describe-model';
import { inspectModel } from './models/inspect-model';
import { modelChannels } from './models/model-channels';
import { listModels, locateModel, openModel, summarizeModel } from './models/model-folder';
import { writeFileAtomic } from './files/atomic-file';
import { forgetProblems } from './runtimes/probe-in-child';
import { cardOfArtifact } from './models/artifact-card';
import { withResults } from './other-results';
import { preprocessTrial } from './preprocess-trial';
import { renderReport } from './report/render-report';
import { sensitivityReport } from './sensitivity-report';
import { answersOfRun } from './sweep/answers-of-run';
import { elsewhereOf } from './sweep/elsewhere';
import type { JobEvents } from './sweep/executor';
import { stoppedSteps } from './sweep/stopped-steps';
import { measurementsToRepeat } from './sweep/remeasure';
import { RunMarker } from './sweep/run-marker';
import { missingFiles } from './sweep/missing-files';
import type { TrialPlan } from './sweep/plan';
import { trialFlips } from './sweep/trial-flips';
import { trialLayers } from './sweep/trial-layers';
import { trialTimes } from './sweep/trial-times';
import { trialThumbnails } from './sweep/trial-thumbnails';
import { readSweep } from './sweep/read-sweep';
import { formatSweep } from './sweep/write-sweep';
import { searchSweeps } from './search-sweeps';
import { previewSweep } from './sweep-preview';
import { checkRecipe } from './techniques/check-recipe';
import { describeTechniques } from './techniques/registry';
import { sweepTemplates } from './techniques/templates';

/** What a window waits for devices that are being looked for. */
const patienceMs = 100;

/** The engine's answers to the contract. */
export function handlersOf(engine: Engine, events: LiveEvents = {}): Handlers<EngineContract> {
  const { runs, workspace } = engine;
  const marker = new RunMarker(workspace, runs);
  const datasets = new LastDataset();
  // What is there is shown beside what is asked for; a sweep that asks for more says so.
  const lenient = { cacheFolder: workspace.cacheFolder, upTo: splits };
  const recall = (spec: DatasetSpec) => datasets.recall(spec, lenient);
  return {
    ...liveHandlers(engine, events),
    ...machinesHandlers(engine),
    // The window opens with it and asks again.
    'engine.info': () => engine.info(patienceMs),
    'engine.lookAgain': () => {
      forgetProblems();
      return engine.info(patienceMs);
    },
    'settings.get': () => engine.settings(),
    'settings.set': (change) => engine.changeSettings(change),
    'storage.use': async () => ({ ...(await storageUse(workspace)), last: engine.lastCollection() }),
    'storage.collect': () => engine.collect(engine.settings().diskBudgetBytes ?? Infinity),
    'techniques.list': () => describeTechniques(),
    'recipes.check': ({ recipe }) => {
      const parsed = recipeSchema.safeParse(recipe);
      if (!parsed.success) return { problem: parsed.error.issues[0]!.message };
      try {
        const variants = recipeVariants(parsed.data, describeTechniques());
        for (const variant of variants) checkRecipe(variant.recipe);
        return { text: formatRecipe(parsed.data), variants: variants.map(({ varied }) => varied) };
      } catch (thrown) {
        return { problem: toAppError(thrown).message };
      }
    },
    'recipes.estimate': async (request) => ({ text: await deploymentEstimate(request, engine.modelFolder()) }),
    'targets.check': ({ target }) =>
      problemIn(async () => {
        await checkTarget(target);
        elsewhereOf([target], engine.agents(), {}, (await engine.machines.status()).problem);
      }),
    'deploy.check': ({ format, options }) => problemIn(() => deployOptions(findFormat(format), options)),
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
    'zoo.list': () => listZoo(engine.modelFolder()),
    'zoo.get': async ({ name }, { progress, signal }) => {
      if (!engine.settings().downloads) throw new AppError('download.off', { name });
      const events = watchedBy(progress);
      const path = await getModel(zooModel(name), engine.modelFolder(), name, {
        signal,
        progress: (done, total) => events.progress(name, done, total),
      });
      return summarizeModel(path);
    },
    'runtimes.get': async ({ name }, { signal }) => {
      const pack = runtimePack(name);
      if (!pack) throw new AppError('download.unknown', { name });
      if (!engine.settings().downloads) throw new AppError('download.off', { name });
      return { folder: await getPack(pack, packFolder(), signal) };
    },
    'datasets.inspect': async (spec, { progress, signal }) => {
      const events = watchedBy(progress);
      const dataset = await datasets.open(spec, {
        ...lenient,
        signal,
        progress: (done, total) => events.progress('reading the dataset', done, total),
      });
      return summarize(dataset);
    },
    'datasets.preview': async ({ dataset: spec, split, ...place }) => {
      const dataset = await recall(spec);
      return previewImages(dataset, dataset[split], place);
    },
    'datasets.check': async (spec, { progress, signal }) => {
      const events = watchedBy(progress);
      const dataset = await recall(spec);
      return checkSplits(dataset, {
        signal,
        progress: (done, total) => events.progress('decoding the images', done, total),
      });
    },
    'datasets.classes': async ({ dataset: spec, models }) => {
      const dataset = await recall(spec);
      const cards = await Promise.all(models.map((model) => readCard(locateModel(model, engine.modelFolder()))));
      return cards.filter((card) => card !== undefined).map((card) => classMapping(dataset, card));
    },
    'sensitivity.measure': async (request, { progress, signal }) => {
      const events = watchedBy(progress);
      const model = await openModel(locateModel(request.model, engine.modelFolder()));
      return sensitivityReport(engine, model, request, (job) => engine.executor.run(job, events, signal));
    },
    'sweeps.plan': async (sweep) => previewSweep(engine, await engine.prepare(sweep)),
    'sweeps.templates': () => sweepTemplates(),
    'sweeps.save': async ({ sweep, path }) => {
      await writeFileAtomic(path, formatSweep(sweep, basename(path), dirname(path)));
      return { path };
    },
    'sweeps.parse': ({ path }) => readSweep(path),
    'sweeps.start': async (sweep) => {
      const run = await engine.queue.add(sweep);
      // A part of the images is what a search looks at: that is one already.
      if (sweep.search && !sweep.dataset.part) engine.searches.addBeside(sweep, run.id);
      return run;
    },
    'search.start': async (request) => engine.searches.add(await searchSweeps(engine, request)),
    'search.pause': () => engine.searches.pause(),
    'search.continue': () => engine.searches.continue(),
    'search.finish': () => engine.searches.finish(),
    'search.cancel': () => engine.searches.cancel(),
    'search.record': ({ run }) => engine.searches.record(run) ?? null,
    'runs.list': () => runs.list(),
    'runs.get': ({ run, against }) => runs.view(run, against),
    'runs.compare': ({ reference, candidate, recipes }) =>
      compareRunsInSlices(withAnswers(engine, reference), withAnswers(engine, candidate), recipes),
    'results.runs': ({ folder }) => withResults(folder, engine.executor, (results) => results.list()),
    'results.compare': ({ folder, reference, candidate, recipes }) =>
      withResults(folder, engine.executor, (results) =>
        compareRunsInSlices(results.run(reference), withAnswers(engine, candidate), recipes),
      ),
    'runs.pause': ({ run }) => (engine.searches.owns(run) ? engine.searches.pause() : runs.control(run).pause()),
    'runs.continue': ({ run }) =>
      engine.searches.owns(run) ? engine.searches.continue() : runs.control(run).continue(),
    'runs.cancel': ({ run }) => (engine.searches.owns(run) ? engine.searches.cancel() : runs.control(run).cancel()),
    'runs.unqueue': ({ run }) => engine.queue.remove(run),
    'runs.upcoming': ({ run }) => runs.control(run).upcoming,
    'runs.skip': ({ run, trials }) => runs.control(run).skip(trials),
    'runs.prefer': ({ run, trials }) => runs.control(run).prefer(trials),
    'runs.resume': async ({ run }) => {
      const isSearched = workspace.runs.find(run)?.sweep.dataset.part !== undefined;
      if (isSearched && engine.searches.record(run)) return engine.searches.resume(run);
      await engine.queue.resume(run);
    },
    'runs.remeasure': async ({ run, trials }) => {
      const keys = measurementsToRepeat(runs.view(run), trials);
      if (keys.length > 0) await engine.queue.resume(run, { again: keys });
      return { measurements: keys.length };
    },
    'runs.sweep': ({ run }) => runs.record(run).sweep,
    'runs.edit': ({ run, ...change }) => marker.edit(run, change),
    'runs.delete': ({ run }) => {
      if (engine.searches.owns(run)) throw new AppError('run.under-way', { run: runs.record(run).name });
      marker.delete(run);
    },
    'runs.restore': ({ run }) => marker.restore(run),
    'trials.star': ({ run, trial, starred }) => marker.star(run, trial, starred),
    'trials.remake': async ({ run, trial }) => {
      const { plan } = trialOfRun(workspace.runs.trials<TrialPlan>(run), run, trial);
      const keys = missingFiles(plan, workspace);
      if (keys.length > 0) await engine.queue.resume(run, { again: keys });
    },
    'trials.stopTraining': ({ run, trial }) => runs.control(run).stopTraining(trial),
    'trials.trainOn': async ({ run, trial }) => {
      const keys = stoppedSteps(runs.view(run), trial);
      if (keys.length > 0) await engine.queue.resume(run, { again: keys });
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
      const planned = runs.record(run).manifest.elsewhere;
      const prepare = (sweep: SweepFile) => engine.prepare(sweep, { signal, progress: events.progress, planned });
      const sources = { workspace, runs, executor: engine.executor, machineId: engine.machine.id, prepare };
      return trialLayers(run, trial, sources, events, signal);
    },
    'trials.times': (request) => trialTimes(request, workspace),
    'trials.flips': (request) => trialFlips(request, { workspace, runs }),
    'trials.thumbnails': ({ run, trial, hashes }) => trialThumbnails(run, trial, hashes, { workspace, runs }),
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
      if (!found.artifact) throw new AppError('live.unfinished', { trial });
      if (!found.isBaseline && !(await workspace.artifacts.isWhole(found.artifact.sha256)))
        throw new AppError('artifact.damaged', { path: found.artifact.path });
      await copyModel(found.artifact.path, path);
      const card = await cardOfArtifact(view, found);
      if (card) await writeCard(path, card);
      return { path };
    },
  };
}

/** A trial of the workspace's own runs: of one that was opened from a file, no model is here. @throws `results.read-only`, `run.not-found`, `trial.not-found`, `artifact.collected` */
function ownTrial({ runs }: Engine, run: string, trial: string): { view: RunView; found: TrialView } {
  runs.record(run);
  const view = runs.view(run);
  const found = trialOfRun(view.trials, run, trial);
  if (found.collected) throw new AppError('artifact.collected', { trial });
  return { view, found };
}

/** What a check throws, as the sentence to show beside what was checked. */
async function problemIn(check: () => unknown): Promise<{ problem?: string }> {
  try {
    await check();
    return {};
  } catch (thrown) {
    return { problem: toAppError(thrown).message };
  }
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
