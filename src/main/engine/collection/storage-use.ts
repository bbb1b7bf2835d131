import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageUse } from '@shared/storage';
import type { Workspace } from '../store/workspace';
import { filesBelow } from './stored-files';

/** What a workspace takes on the disk, in bytes. */
export async function storageUse(workspace: Workspace): Promise<StorageUse> {
  const bytesBelow = async (folder: string): Promise<number> =>
    (await filesBelow(folder)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const journal = ['whittle.db', 'whittle.db-wal'].map(async (name) => {
    const facts = await stat(join(workspace.folder, name)).catch(() => undefined);
    return facts?.size ?? 0;
  });
  const [artifactBytes, cacheBytes, ...journalBytes] = await Promise.all([
    bytesBelow(workspace.artifacts.folder),
    bytesBelow(workspace.cacheFolder),
    ...journal,
  ]);
  return { artifactBytes, cacheBytes, journalBytes: journalBytes.reduce((sum, bytes) => sum + bytes, 0) };
}
