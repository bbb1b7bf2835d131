import type { Split } from '@shared/dataset';
import type { Pools } from './choose-splits';
import type { Copy, Duplicates } from './dataset';
import { compareText } from './list-images';

const order: readonly Split[] = ['eval', 'calibration', 'train'];

export function findDuplicates(pools: Pools): Duplicates {
  const byHash = new Map<string, Copy[]>();
  for (const pool of order) {
    for (const entry of pools[pool] ?? []) {
      const copies = byHash.get(entry.hash);
      if (copies) copies.push({ ...entry, pool });
      else byHash.set(entry.hash, [{ ...entry, pool }]);
    }
  }
  let [within, between] = [0, 0];
  const groups: Copy[][] = [];
  for (const copies of byHash.values()) {
    if (copies.length < 2) continue;
    const poolsOfIt = new Set(copies.map(({ pool }) => pool)).size;
    between += poolsOfIt - 1;
    within += copies.length - poolsOfIt;
    groups.push(copies.sort((a, b) => order.indexOf(a.pool) - order.indexOf(b.pool) || compareText(a.path, b.path)));
  }
  const spread = (copies: readonly Copy[]): number => new Set(copies.map(({ pool }) => pool)).size;
  groups.sort((a, b) => spread(b) - spread(a) || compareText(a[0]!.path, b[0]!.path));
  return { within, between, groups };
}
