import { clipboard, dialog, nativeTheme, powerMonitor, shell, type OpenDialogOptions } from 'electron';
import type { ShellContract } from '@shared/shell-contract';
import { AppError } from '@shared/errors';
import { exportFormat } from '@shared/export-formats';
import type { Handlers } from '@shared/rpc';
import type { RunComparison } from '@shared/run-comparison';
import type { RunSummary, RunView } from '@shared/run';
import { trialOfRun } from '@shared/trial-of-run';
import { basename } from 'node:path';
import { copyImage } from './clipboard';
import type { EngineAccess } from './engine-process';
import { printPdf } from './print-pdf';
import { recentResults, rememberResults } from './recent-results';
import { chooseTheme } from './theme';
import { currentWindow } from './window';

/**
 * Dialogs and files: the window names a run and a trial, a person chooses the path, the engine writes.
 * @param dropped paths of what was dropped on the window, as they come in
 * @param chosen takes the folders that a person chooses
 */
export function shellHandlers(
  engine: EngineAccess,
  dropped: ReadonlySet<string>,
  chosen: Set<string>,
): Handlers<ShellContract> {
  const { host } = engine;
  engine.onResults((folder) => {
    if (folder !== null) rememberResults(folder);
  });
  const compared = new Set<string>();
  return {
    'shell.openResults': async ({ path }) => {
      if (path === undefined) return chooseResults(engine);
      if (!dropped.has(path) && !recentResults().includes(path))
        throw new AppError('ipc.invalid', {
          endpoint: 'shell.openResults',
          detail: 'nothing of that name was dropped or opened before',
        });
      await engine.openResults(path);
      return path;
    },
    'shell.recentResults': () => recentResults(),
    'shell.chooseComparedResults': async ({ from }) => {
      const [folder] = await choose(
        from === 'folder'
          ? { title: 'Folder with results to compare with', properties: ['openDirectory'] }
          : { title: 'JSON report to compare with', properties: ['openFile'], filters: jsonReports },
      );
      if (folder === undefined) return null;
      const runs = (await host.request('results.runs', { folder })) as RunSummary[];
      compared.add(folder);
      return { folder, runs };
    },
    'shell.compareResults': async (asked) => {
      if (!compared.has(asked.folder))
        throw new AppError('ipc.invalid', { endpoint: 'shell.compareResults', detail: 'no such folder was chosen' });
      return (await host.request('results.compare', asked)) as RunComparison;
    },
    'shell.closeResults': () => engine.openResults(null),
    'shell.chooseModels': async () =>
      choose({ properties: ['openFile', 'multiSelections'], filters: [{ name: 'ONNX models', extensions: ['onnx'] }] }),
    'shell.chooseModelFile': async () =>
      (await choose({ properties: ['openFile'], filters: [{ name: 'Models', extensions: ['onnx', 'tflite'] }] }))[0] ??
      null,
    'shell.chooseFolder': async ({ title }) => {
      const [folder] = await choose({ title, properties: ['openDirectory', 'createDirectory'] });
      if (folder !== undefined) chosen.add(folder);
      return folder ?? null;
    },
    'shell.chooseSweep': async () =>
      (
        await choose({ properties: ['openFile'], filters: [{ name: 'Sweep files', extensions: ['yaml', 'yml'] }] })
      )[0] ?? null,
    'shell.saveSweep': async ({ sweep, suggestedName }) => {
      const path = await chooseDestination(suggestedName, 'yaml');
      return path ? ((await host.request('sweeps.save', { sweep, path })) as { path: string }) : null;
    },
    // On Linux the engine sees it too, and tells the command line as well.
    'shell.onBattery': () => process.platform !== 'linux' && powerMonitor.isOnBatteryPower(),
    'shell.exportRun': async ({ run, against, format, view, suggestedName }) => {
      const path = await chooseDestination(suggestedName, exportFormat(format).extension);
      if (!path) return null;
      if (format === 'pdf' || format === 'pdf-letter') {
        const paper = format === 'pdf' ? 'a4' : 'letter';
        await printPdf((await host.request('runs.html', { run, against, view, paper })) as string, path, paper);
      } else await host.request('runs.export', { run, against, format, view, path });
      return { path };
    },
    'shell.saveArtifact': async ({ run, trial, suggestedName }) => {
      const path = await chooseDestination(suggestedName, 'onnx');
      return path ? ((await host.request('runs.saveArtifact', { run, trial, path })) as { path: string }) : null;
    },
    'shell.saveLiveSnapshot': async ({ snapshot, suggestedName }) => {
      const path = await chooseDestination(suggestedName, 'html');
      return path ? ((await host.request('live.saveSnapshot', { snapshot, path })) as { path: string }) : null;
    },
    'shell.saveLiveRecord': async ({ record, suggestedName }) => {
      const path = await chooseDestination(suggestedName, 'csv');
      return path ? ((await host.request('live.saveRecord', { record, path })) as { path: string }) : null;
    },
    'shell.handOver': async ({ run, trial }) => {
      const title = 'Folder to make the hand-over in';
      const [parent] = await choose({ title, properties: ['openDirectory', 'createDirectory'] });
      if (parent === undefined) return null;
      const { folder } = (await host.request('trials.handOver', { run, trial, parent })) as { folder: string };
      return { path: folder };
    },
    'shell.theme': () => nativeTheme.themeSource,
    'shell.setTheme': ({ theme }) => chooseTheme(theme),
    'shell.copyText': ({ text }) => clipboard.writeText(text),
    'shell.copyImage': ({ dataUrl }) => copyImage(dataUrl),
    'shell.reveal': async ({ run, trial }) => {
      // Refused for a run that was opened from a file: its paths are a stranger's.
      await host.request('runs.sweep', { run });
      const view = (await host.request('runs.get', { run })) as RunView;
      const { collected, artifact } = trialOfRun(view.trials, run, trial);
      if (collected) throw new AppError('artifact.collected', { trial });
      if (!artifact) throw new AppError('live.unfinished', { trial });
      shell.showItemInFolder(artifact.path);
    },
  };
}

const jsonReports = [{ name: 'JSON reports', extensions: ['json'] }];

/** Asks for a folder of results and shows them. Answers it, or null when nothing was chosen. @throws what `openResults` throws */
export async function chooseResults(engine: EngineAccess): Promise<string | null> {
  const [folder] = await choose({ title: 'Folder with results', properties: ['openDirectory'] });
  if (folder === undefined) return null;
  await engine.openResults(folder);
  return folder;
}

/** As `chooseResults`, for a JSON report: systems other than macOS ask for folders or for files, not for both. */
export async function chooseRunFile(engine: EngineAccess): Promise<void> {
  const [file] = await choose({ title: 'JSON report of a run', properties: ['openFile'], filters: jsonReports });
  if (file !== undefined) await engine.openResults(file);
}

async function choose(options: OpenDialogOptions): Promise<string[]> {
  const window = currentWindow();
  const result = window ? await dialog.showOpenDialog(window, options) : await dialog.showOpenDialog(options);
  return result.canceled ? [] : result.filePaths;
}

async function chooseDestination(suggestedName: string, extension: string): Promise<string | undefined> {
  const options = {
    defaultPath: basename(suggestedName),
    filters: [{ name: extension.toUpperCase(), extensions: [extension] }],
  };
  const window = currentWindow();
  const result = window ? await dialog.showSaveDialog(window, options) : await dialog.showSaveDialog(options);
  return result.canceled ? undefined : result.filePath;
}
