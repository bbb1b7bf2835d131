/**
 * Remakes the starter pack: its pictures, its networks, their cards.
 * Usage: node scripts/starter.mjs [pictures | train [network ...] | cards]; without a word, all of it.
 */
import { writeCard } from './cards';
import { writeDataset } from './dataset';
import { networks, type NetworkName } from './networks';
import { trainNetwork } from './train';

const names = Object.keys(networks) as NetworkName[];
const threads = Number(process.env['WHITTLE_STARTER_THREADS'] ?? 1);
const [work, ...given] = process.argv.slice(2);
const chosen = names.filter((name) => given.length === 0 || given.includes(name));
const unknown = given.find((name) => !names.some((known) => known === name));
if ((work !== undefined && !['pictures', 'train', 'cards'].includes(work)) || unknown !== undefined) {
  console.error(
    `Usage: node scripts/starter.mjs [pictures | train [network ...] | cards]; networks: ${names.join(', ')}`,
  );
  process.exit(2);
}
if (work === undefined || work === 'pictures') await writeDataset();
if (work === undefined || work === 'train') for (const name of chosen) await trainNetwork(name, threads);
if (work !== 'pictures') for (const name of chosen) await writeCard(name);
