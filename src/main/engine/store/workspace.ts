import { mkdirSync } from 'node:fs';
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

/** @throws `output.unwritable`, `output.disk-full`, `store.newer`, `store.busy`, `store.damaged` */
export function openWorkspace(folder: string): Workspace {
  const root = resolve(folder);
  try {
    mkdirSync(join(root, 'artifacts'), { recursive: true });
    mkdirSync(join(root, 'cache'), { recursive: true });
  } catch (thrown) {
    throw writeError(root, thrown);
  }
  const path = join(root, 'whittle.db');
  const connection: Connection = openDatabase(path);
  return {
    folder: root,
    cacheFolder: join(root, 'cache'),
    artifacts: new ArtifactFolder(join(root, 'artifacts')),
    steps: new StepJournal(connection),
    runs: new RunRecords(connection, path),
    marks: new RunMarks(connection),
    settings: new SettingsStore(connection),
    close: () => closeDatabase(connection),
  };
}
