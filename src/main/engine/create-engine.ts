import { resolve } from 'node:path';
import type { Agent } from '@shared/agents';
import type { EngineInfo } from '@shared/contract';
import type { Machine, Manifest } from '@shared/run';
import type { SearchState } from '@shared/search-state';
import type { Settings, SettingsChange } from '@shared/settings';
import type { Collection } from '@shared/storage';
import type { SweepFile } from '@shared/sweep-file';
import { collect } from './collection/collect';
import { calculator } from './compression/calculator';
import { builtFile } from './files/built-file';
import { homeFolder } from './files/home-folder';
import { machineFacts } from './machine/machine';
import { MachinesDesk } from './machines-desk';
import type { CardChoice } from './models/card';
import { AgentsExecutor } from './agents/agents-executor';
import { JoinedMachines } from './agents/machines';
import { readRunFile } from './report/read-run-file';
import { describeFormats } from './formats/describe-formats';
import { describeRuntimes } from './runtimes/describe-runtimes';
import { nameRuntimesFolder } from './runtimes/named-folder';
import { readPreferences, writePreferences } from './preferences';
import { openWorkspace, type Workspace } from './store/workspace';
import { elsewhereOf } from './sweep/elsewhere';
import type { Executor } from './sweep/executor';
import { LocalContents } from './sweep/local-contents';
import { LocalExecutor } from './sweep/local-executor';
import { prepareSweep, type PreparedSweep } from './sweep/prepare-sweep';
import { RunManager, type RunEvents } from './sweep/run-manager';
import { RunQueue } from './sweep/run-queue';
import { Turn } from './sweep/turn';
import { SearchDesk } from './search-desk';
import { starterSweep } from './starter';
import { whittleVersion } from './version';

export interface EngineOptions {
  /** Folder of the journal and artifacts; default: the platform's place for application data. */
  workspace?: string;
  /** Folder whose settings count; default: the workspace. Other results are looked at with one's own settings. */
  settingsFolder?: string;
  /** A JSON report to show in place of the workspace's runs. */
  runFile?: string;
  /** Overrides the setting for this process. */
  modelFolder?: string;
  /** For models without a card. */
  choice?: CardChoice;
  /** Machines to plan with in place of those that are joined; this one does their steps. */
  agents?: () => readonly Agent[];
  events?: Partial<RunEvents & { search(state: SearchState): void }>;
}

/** The product without a face: the command line calls it directly, the window through `handlers`. */
export interface Engine {
  readonly workspace: Workspace;
  readonly runs: RunManager;
  readonly turn: Turn;
  readonly queue: RunQueue;
  readonly searches: SearchDesk;
  readonly executor: Executor;
  /** Others that take steps; alone until a server is named. */
  readonly machines: JoinedMachines;
  /** Makes models and images findable for jobs. */
  readonly contents: LocalContents;
  readonly machine: Machine;
  /** Other machines that take steps. */
  agents(): readonly Agent[];
  /** Other machines that take steps, as the window has them. */
  readonly machinesDesk: MachinesDesk;
  /** @param patienceMs how long to wait for devices that a process of its own looks for; absent: as long as it takes */
  info(patienceMs?: number): Promise<EngineInfo>;
  modelFolder(): string;
  settings(): Settings;
  changeSettings(change: SettingsChange): Settings;
  /** Removes files that can be made again until the rest is within the budget. @throws `store.busy` */
  collect(budgetBytes: number): Promise<Collection>;
  /** What the last collection did, in any process. */
  lastCollection(): (Collection & { at: string }) | undefined;
  prepare(
    sweep: SweepFile,
    options?: {
      signal?: AbortSignal;
      progress?: (stage: string, done: number, total: number) => void;
      /** Other machines as a run of the sweep was planned on them. */
      planned?: Manifest['elsewhere'];
    },
  ): Promise<PreparedSweep>;
  close(): void;
}

export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const workspace = openWorkspace(options.workspace ?? homeFolder());
  const { settingsFolder = workspace.folder } = options;
  const home = resolve(settingsFolder) === workspace.folder ? workspace : openWorkspace(settingsFolder);
  const machine = await machineFacts();
  const settings = (): Settings => readPreferences(home, options.modelFolder);
  nameRuntimesFolder(settings().runtimesFolder);
  const contents = new LocalContents(workspace.folder);
  const local = new LocalExecutor(builtFile('worker.js'), workspace.folder, settings().cores ?? undefined);
  const machines = new JoinedMachines(homeFolder(), machine, contents);
  const agents = options.agents ?? ((): readonly Agent[] => machines.agents());
  const executor = options.agents ? local : new AgentsExecutor(local, machines, contents);
  const events: RunEvents = {
    // Between two runs of a search nothing has ended.
    progress(progress) {
      if (progress) searches.progressed(progress);
      if (progress !== null || !searches.isOn) options.events?.progress?.(progress);
    },
    trial: (run, trial) => options.events?.trial?.(run, trial),
  };
  const opened = options.runFile === undefined ? undefined : await readRunFile(options.runFile);
  const runs = new RunManager(workspace, executor, events, opened);
  const modelFolder = (): string => settings().modelFolder;
  const versions = { whittle: whittleVersion, onnxruntime: calculator.version() };

  const prepare: Engine['prepare'] = async (sweep, { signal, progress, planned } = {}) =>
    prepareSweep(sweep, {
      modelFolder: modelFolder(),
      cacheFolder: workspace.cacheFolder,
      machine,
      versions,
      elsewhere: elsewhereOf(sweep.targets, agents(), planned, (await machines.status()).problem),
      choice: options.choice,
      signal,
      progress,
    });

  const turn = new Turn(workspace.folder, runs);
  const queue = new RunQueue(workspace, runs, turn, prepare);
  const searches: SearchDesk = new SearchDesk({
    workspace,
    runs,
    turn,
    prepare,
    changed: (state) => options.events?.search?.(state),
    idle: () => options.events?.progress?.(null),
  });

  return {
    workspace,
    runs,
    turn,
    queue,
    searches,
    executor,
    machines,
    contents,
    machine,
    agents,
    machinesDesk: new MachinesDesk(machines, home.settings),
    modelFolder,
    settings,
    info: async (patienceMs) => ({
      version: whittleVersion,
      onnxruntime: calculator.version(),
      node: process.versions.node,
      machine,
      workspace: workspace.folder,
      modelFolder: modelFolder(),
      runtimes: await describeRuntimes(patienceMs),
      formats: describeFormats(),
      starterSweep: starterSweep(),
    }),
    changeSettings(change) {
      writePreferences(home, change);
      if (change.runtimesFolder !== undefined) nameRuntimesFolder(change.runtimesFolder);
      return settings();
    },
    async collect(budgetBytes) {
      workspace.marks.purge();
      const collection = await collect(workspace, { budgetBytes, activeRun: () => runs.activeRun });
      if (collection.files > 0) workspace.settings.set('collection', { ...collection, at: new Date().toISOString() });
      return collection;
    },
    lastCollection: () => workspace.settings.get('collection'),
    prepare,
    close() {
      void machines.connect(undefined);
      workspace.close();
      if (home !== workspace) home.close();
    },
  };
}
