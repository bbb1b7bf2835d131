/**
 * How often the interval that a search reports holds the winner's true difference: the code that halves, chooses and confirms, on simulated
 * answers of 200 candidates. Beside it: the same for the interval of the pick on the images that chose it, which is what would be reported without
 * a confirmation half. What is promised is a wrong interval in at most 5 of 100 searches, those that name no winner included.
 * Usage: search-honesty [sweeps=1000] [candidates=200] [images=1000]
 */
import { createRandom } from '../src/main/engine/compression/algebra/random';
import { simulateSearch, type SimulatedCandidate } from '../test/fixtures/simulated-search';

const [sweeps = 1000, count = 200, images = 1000] = process.argv.slice(2).map(Number);
const half = Math.floor(images / 2);
const blocks = [Math.floor(half / 4), half - Math.floor(half / 4)];

/** Loss in points and the share of images on which exactly one of the two is right, each drawn for a candidate. */
const truths: Record<string, (rng: () => number) => { loss: number; discordant: number }> = {
  'no true difference, 4 % of the answers changed': () => ({ loss: 0, discordant: 4 }),
  'no true difference, 10 % changed': () => ({ loss: 0, discordant: 10 }),
  'losses of 0 to 5 points': (rng) => ({ loss: 5 * rng(), discordant: 6 + 4 * rng() }),
  'all lose 2 points, twice the limit': () => ({ loss: 2, discordant: 6 }),
};

const percent = (part: number, whole: number): string =>
  whole === 0 ? '    -' : `${((100 * part) / whole).toFixed(1)} %`;

for (const [title, truth] of Object.entries(truths)) {
  const rng = createRandom(title);
  const rows = new Map<string, { held: number; winners: number; chosen: number; heldBySelection: number }>();
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const candidates = Array.from({ length: count }, (): SimulatedCandidate => {
      const { loss, discordant } = truth(rng);
      const [gains, losses] = [(discordant - loss) / 200, (discordant + loss) / 200];
      return { gains, losses, sizeBytes: 1e6 * (0.1 + rng()), ratio: 0.2 + rng() };
    });
    const settings = { aims: { maxDrop: 1, goal: 'both' as const }, blocks, confirmation: images - half };
    for (const outcome of await simulateSearch(candidates, settings, `${title} ${sweep}`)) {
      const row = rows.get(outcome.goal) ?? { held: 0, winners: 0, chosen: 0, heldBySelection: 0 };
      rows.set(outcome.goal, row);
      if (outcome.isHeldBySelection !== undefined) row.chosen++;
      if (outcome.isHeldBySelection) row.heldBySelection++;
      if (outcome.isHeld !== undefined) row.winners++;
      if (outcome.isHeld) row.held++;
    }
  }
  console.log(`\n${title}: ${sweeps} sweeps of ${count} candidates, ${half} + ${images - half} images`);
  for (const [goal, { held, winners, chosen, heldBySelection }] of rows)
    console.log(
      `  ${goal.padEnd(8)} ${String(winners).padStart(5)} winners  interval holds the truth: ${percent(held, winners)}  wrong, of all searches: ${percent(winners - held, sweeps)}  holds without confirmation: ${percent(heldBySelection, chosen)}`,
    );
}
