import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ArtifactFolder } from './artifacts';
import { writeError } from '../files/atomic-file';
import { closeDatabase, openDatabase, type Connection } from './database';
import { RunMarks } from './run-marks';
import { RunRecords } from './run-records';
import { SettingsStore } from './settings';
import { StepJournal } from './step-journal';

/** Everything Whittle keeps in one folder: the journal, the artifacts, the cache of decoded images, exported results. */
export interface Workspace {
  readonly folder: string;
  readonly cacheFolder: string;
  readonly artifacts: ArtifactFolder;
  readonly steps: StepJournal;
  readonly runs: RunRecords;
  readonly marks: RunMarks;
  readonly settings: SettingsStore;
  close(): void;
}

/** @throws `output.unwritable`, `store.newer`, `store.damaged` */
export function openWorkspace(folder: string): Workspace {
  const root = resolve(folder);
  try {
    mkdirSync(join(root, 'artifacts'), { recursive: true });
    mkdirSync(join(root, 'cache'), { recursive: true });
  } catch (thrown) {
    throw writeError(root, thrown);
  }
  const connection: Connection = openDatabase(join(root, 'whittle.db'));
  return {
    folder: root,
    cacheFolder: join(root, 'cache'),
    artifacts: new ArtifactFolder(join(root, 'artifacts')),
    steps: new StepJournal(connection),
    runs: new RunRecords(connection),
    marks: new RunMarks(connection),
    settings: new SettingsStore(connection),
    close: () => closeDatabase(connection),
  };
}

/** The workspace when none is named: WHITTLE_HOME, or the platform's place for application data. */
export function defaultWorkspaceFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): string {
  if (environment.WHITTLE_HOME) return environment.WHITTLE_HOME;
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'Whittle');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Whittle');
  return join(environment.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'whittle');
}
