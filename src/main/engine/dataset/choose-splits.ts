import { splits, type Split } from '@shared/dataset';
import { hash } from 'node:crypto';
import type { ImageEntry } from './dataset';
import { compareText } from './list-images';

export type Pools = Partial<Record<Split, readonly ImageEntry[]>>;

export interface ChosenSplits {
  chosen: Record<Split, ImageEntry[]>;
  available: Record<Split, number>;
  /** The pool each split was taken from, where there is one. */
  source: Partial<Record<Split, Split>>;
  /** Images that were in a pool twice with different labels; the lowest label was kept. */
  conflicting: ImageEntry[];
  /** The images of a pool that were dropped because an earlier split has the same file. */
  overlapping: Partial<Record<Split, ImageEntry[]>>;
}

/**
 * Takes disjoint splits from pools, each stratified by class. Which images are taken depends on the seed and on the images'
 * hashes and labels only: never on names, order or folders.
 *
 * An image that is in several pools stays in the first of eval, calibration, train. A split without a pool of its own is
 * taken from another: calibration from train's or else from eval's, train from eval's. Where a pool is shared, calibration
 * takes its number first, then train; eval has the rest, so its images stay out of both by construction.
 * @param wanted 0 for eval means all there are
 * @param upTo splits whose number nobody asked for: of a pool that they share with others they leave those what they want, but for one image
 */
export function chooseSplits(
  pools: Pools,
  wanted: Readonly<Record<Split, number>>,
  seed: number,
  upTo: readonly Split[] = [],
): ChosenSplits {
  const conflicting: ImageEntry[] = [];
  const overlapping: ChosenSplits['overlapping'] = {};
  const taken = new Set<string>();
  const left: Partial<Record<Split, ImageEntry[]>> = {};
  for (const split of ['eval', 'calibration', 'train'] as const) {
    const pool = pools[split];
    if (!pool) continue;
    const unique = dropDuplicates(pool, conflicting);
    left[split] = unique.filter((entry) => !taken.has(entry.hash));
    if (left[split].length < unique.length) overlapping[split] = unique.filter((entry) => taken.has(entry.hash));
    for (const entry of unique) taken.add(entry.hash);
  }

  const source: ChosenSplits['source'] = {
    calibration: (['calibration', 'train', 'eval'] as const).find((split) => left[split]),
    train: (['train', 'eval'] as const).find((split) => left[split]),
    eval: left.eval ? 'eval' : undefined,
  };
  const chosen: Record<Split, ImageEntry[]> = { calibration: [], train: [], eval: [] };
  const available: Record<Split, number> = { calibration: 0, train: 0, eval: 0 };
  for (const [at, split] of splits.entries()) {
    const from = source[split];
    if (!from) continue;
    available[split] = left[from]!.length;
    const asked = split === 'eval' && wanted.eval === 0 ? available.eval : wanted[split];
    const others = splits.slice(at + 1).filter((other) => source[other] === from && !upTo.includes(other));
    const promised = others.reduce((sum, other) => sum + wanted[other], 0);
    const count = upTo.includes(split) ? Math.min(asked, Math.max(1, available[split] - promised)) : asked;
    const result = takeStratified(left[from]!, count, seed);
    chosen[split] = result.taken;
    left[from] = result.rest;
  }
  return { chosen, available, source, conflicting, overlapping };
}

function dropDuplicates(pool: readonly ImageEntry[], conflicting: ImageEntry[]): ImageEntry[] {
  const byHash = new Map<string, ImageEntry>();
  for (const entry of pool) {
    const other = byHash.get(entry.hash);
    if (other && other.label !== entry.label) conflicting.push(entry.label > other.label ? entry : other);
    const isFirst = !other || entry.label < other.label;
    if (isFirst || (entry.label === other.label && compareText(entry.path, other.path) < 0)) {
      byHash.set(entry.hash, entry);
    }
  }
  return [...byHash.values()];
}

/**
 * `count` of the images in the proportions of their classes, each class within one image of its exact share (largest
 * remainder method); inside a class, and in the order of the result, by a hash of seed and image.
 */
export function takeStratified(
  images: readonly ImageEntry[],
  count: number,
  seed: number,
): { taken: ImageEntry[]; rest: ImageEntry[] } {
  const ordered = images
    .map((entry) => ({ entry, key: hash('sha256', `${seed} ${entry.hash}`) }))
    .sort((a, b) => compareText(a.key, b.key))
    .map((item) => item.entry);
  if (count >= ordered.length) return { taken: ordered, rest: [] };

  const sizes = new Map<number, number>();
  for (const { label } of ordered) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  // Whole-number arithmetic: a share that is exact must not be off by a rounding error.
  const shares = [...sizes].map(([label, size]) => ({
    label,
    quota: Math.floor((count * size) / ordered.length),
    remainder: (count * size) % ordered.length,
    key: hash('sha256', `${seed} class ${label}`),
  }));
  const unassigned = count - shares.reduce((sum, share) => sum + share.quota, 0);
  shares.sort((a, b) => b.remainder - a.remainder || compareText(a.key, b.key));
  const quotas = new Map(shares.map(({ label, quota }, index) => [label, quota + (index < unassigned ? 1 : 0)]));

  const taken: ImageEntry[] = [];
  const rest: ImageEntry[] = [];
  for (const entry of ordered) {
    const quota = quotas.get(entry.label)!;
    (quota > 0 ? taken : rest).push(entry);
    quotas.set(entry.label, quota - 1);
  }
  return { taken, rest };
}
