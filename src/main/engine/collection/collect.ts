import { unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Collection } from '@shared/storage';
import { RunLock } from '../store/run-lock';
import type { Workspace } from '../store/workspace';
import { artifactUses } from './artifact-uses';
import { selectFiles, type StoredFile } from './select-files';
import { filesBelow, type FoundFile } from './stored-files';

interface CollectOptions {
  budgetBytes: number;
  /** The run under way in this process, which holds the lock. */
  activeRun?(): string | undefined;
  /** For tests of an end in the middle. */
  remove?: (path: string) => void;
}

/**
 * Removes artifacts and cached images, the least recently used first, until the rest is within the budget. Numbers are never touched: a row of
 * the journal says which content a step made, and only the folder says whether it is there, so an end at any moment leaves nothing
 * that disagrees. What was removed is made again when somebody asks for it.
 * @throws `store.busy` while another process runs a sweep here
 */
export async function collect(workspace: Workspace, options: CollectOptions): Promise<Collection> {
  const { budgetBytes, remove = unlinkSync } = options;
  const [artifacts, cached] = await Promise.all([
    filesBelow(workspace.artifacts.folder),
    filesBelow(workspace.cacheFolder),
  ]);
  // From here to the end nothing waits: no run can begin in this process, and the lock keeps out all others.
  const activeRun = options.activeRun?.();
  const lock = activeRun === undefined ? RunLock.acquire(workspace.folder) : undefined;
  try {
    const files = [
      ...storedArtifacts(artifacts, workspace),
      ...cached.map((file) => cachedFile(file, workspace, activeRun !== undefined)),
    ];
    const selected = selectFiles(files, budgetBytes);
    const removed = selected.filter(({ path }) => wasRemoved(path, remove));
    const total = sumOf(files);
    const freedBytes = sumOf(removed);
    return {
      freedBytes,
      files: removed.length,
      keptBytes: total - freedBytes,
      neededBytes: sumOf(files.filter(({ isNeeded }) => isNeeded)),
    };
  } finally {
    lock?.release();
  }
}

function storedArtifacts(found: readonly FoundFile[], workspace: Workspace): StoredFile[] {
  const uses = artifactUses(workspace);
  const incoming = join(workspace.artifacts.folder, 'incoming');
  return found.flatMap(({ path, sizeBytes, touchedMs, otherNames }) => {
    // What is being written belongs to whoever writes it.
    if (path.startsWith(incoming)) return [];
    const use = uses.get(basename(path).split('.')[0]!);
    return [
      { path, sizeBytes, lastUsedMs: use?.lastUsedMs ?? touchedMs, isNeeded: use?.isNeeded === true || otherNames > 0 },
    ];
  });
}

/** Where contents lie is said anew by each run; it is small, and the run under way reads it. */
function cachedFile({ path, sizeBytes, touchedMs }: FoundFile, workspace: Workspace, isUnderWay: boolean): StoredFile {
  const isContents = path.startsWith(join(workspace.cacheFolder, 'contents'));
  return { path, sizeBytes, lastUsedMs: touchedMs, isNeeded: isContents || isUnderWay };
}

/** A file that another program has open cannot go on some systems: it stays. */
function wasRemoved(path: string, remove: (path: string) => void): boolean {
  try {
    remove(path);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EBUSY' || code === 'EPERM' || code === 'EACCES') return false;
    throw thrown;
  }
}

const sumOf = (files: readonly StoredFile[]): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
