import type { RunView } from '@shared/run';
import type { Engine } from './create-engine';
import { readCard } from './models/card';
import { openModel } from './models/model-folder';
import { noSources, type ReportSources } from './report/report-sources';
import { knownSensitivity } from './sensitivity-report';
import { knownLayers } from './sweep/trial-layers';

type ManifestModel = RunView['manifest']['models'][number];

/** What is known of a run beyond its view. What cannot be read any more, a model that was moved, say, is not known. */
export async function gatherReportSources(engine: Engine, run: RunView): Promise<ReportSources> {
  if (engine.runs.isFromFile(run.id)) return noSources;
  const record = engine.workspace.runs.find(run.id);
  const { path, seed } = run.sweep.dataset;
  const known = async <T>(read: (model: ManifestModel) => Promise<T | undefined>): Promise<Map<string, T>> => {
    const found = new Map<string, T>();
    for (const model of run.manifest.models) {
      const value = await read(model).catch(() => undefined);
      if (value !== undefined) found.set(model.name, value);
    }
    return found;
  };
  return {
    cards: await known((model) => readCard(model.path)),
    layers: record ? knownLayers(record, engine.workspace, engine.machine.id) : new Map(),
    sensitivity: await known(async (model) => {
      const opened = await openModel(model.path);
      return opened.sha256 === model.sha256 ? knownSensitivity(engine, opened, { path, seed }) : undefined;
    }),
  };
}
