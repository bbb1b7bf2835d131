/** A file that could be made again, with what decides whether it goes. */
export interface StoredFile {
  path: string;
  sizeBytes: number;
  /** Milliseconds since 1970. */
  lastUsedMs: number;
  /** It stays whatever the budget says. */
  isNeeded: boolean;
}

/**
 * Files to remove so that the rest takes at most `budgetBytes`: the least recently used first, never one that is needed, and no more than it
 * takes. Where what is needed takes more than the budget, all others go. Same files, same answer: ties go by path.
 */
export function selectFiles<F extends StoredFile>(files: readonly F[], budgetBytes: number): F[] {
  let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const candidates = files
    .filter(({ isNeeded, sizeBytes }) => !isNeeded && sizeBytes > 0)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || (a.path < b.path ? -1 : 1));
  const selected: F[] = [];
  for (const file of candidates) {
    if (total <= budgetBytes) break;
    selected.push(file);
    total -= file.sizeBytes;
  }
  return selected;
}
