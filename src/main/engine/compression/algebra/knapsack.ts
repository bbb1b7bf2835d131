/** One way to store an item: what it costs, and how much is lost by it. */
export interface Choice {
  cost: number;
  loss: number;
}

export interface Selection {
  /** The choice of each item, by its position. */
  choices: number[];
  cost: number;
  loss: number;
  /** How much less the loss of the best selection could be at most; 0 where this one is proved to be the best. */
  gap: number;
}

/** Partial selections kept at a time; far more than real networks need. */
const largestFrontier = 100_000;

interface Partial {
  cost: number;
  loss: number;
  choice: number;
  before?: Partial;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0);

/** The best choice of an item where a unit of cost is worth `price` units of loss; the cheaper of equals. */
function pricedChoice(choices: readonly Choice[], price: number): number {
  let best = 0;
  choices.forEach(({ cost, loss }, index) => {
    const other = choices[best]!;
    const difference = loss + price * cost - (other.loss + price * other.cost);
    if (difference < 0 || (difference === 0 && cost < other.cost)) best = index;
  });
  return best;
}

/** The lowest price at which the priced choices stay within the budget, about. */
function priceFor(items: readonly (readonly Choice[])[], budget: number): number {
  const costAt = (price: number): number => sumOf(items.map((choices) => choices[pricedChoice(choices, price)]!.cost));
  if (costAt(0) <= budget) return 0;
  let low = 0;
  let high = 1e-12;
  while (costAt(high) > budget && high < 1e30) [low, high] = [high, high * 16];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (costAt(middle) > budget) low = middle;
    else high = middle;
  }
  return high;
}

/** Makes single items better as long as the budget allows, the largest gain per cost first. */
function improveGreedily(items: readonly (readonly Choice[])[], choices: number[], budget: number): void {
  let left = budget - sumOf(items.map((each, item) => each[choices[item]!]!.cost));
  for (;;) {
    let best: { item: number; choice: number; rate: number; cost: number } | undefined;
    items.forEach((each, item) => {
      const now = each[choices[item]!]!;
      each.forEach(({ cost, loss }, choice) => {
        const [more, gain] = [cost - now.cost, now.loss - loss];
        if (gain <= 0 || more > left) return;
        const rate = gain / Math.max(more, 1e-9);
        if (!best || rate > best.rate) best = { item, choice, rate, cost: more };
      });
    });
    if (!best) return;
    choices[best.item] = best.choice;
    left -= best.cost;
  }
}

/** The states of which none costs and loses at least as much as another, by rising cost. */
function frontierOf(states: Partial[]): Partial[] {
  states.sort((a, b) => a.cost - b.cost || a.loss - b.loss);
  let least = Infinity;
  return states.filter(({ loss }) => {
    if (loss >= least) return false;
    least = loss;
    return true;
  });
}

/**
 * One choice per item with the least total loss within a total cost: the multiple-choice knapsack. Solved exactly, item after item over the
 * frontier of partial selections (Nemhauser and Ullmann 1969); selections that cannot become better than the greedy one, by the
 * Lagrangian bound on the items to come, are dropped early (Dyer, Kayal and Walker 1984). Undefined where nothing fits.
 * @param items each with at least one choice; losses are finite
 */
export function chooseWithin(items: readonly (readonly Choice[])[], budget: number): Selection | undefined {
  const leastAfter = [0];
  for (const choices of [...items].reverse())
    leastAfter.unshift(leastAfter[0]! + Math.min(...choices.map(({ cost }) => cost)));
  if (leastAfter[0]! > budget) return undefined;

  const price = priceFor(items, budget);
  const greedy = items.map((choices) => pricedChoice(choices, price));
  improveGreedily(items, greedy, budget);
  const measure = (choices: number[]): Choice => ({
    cost: sumOf(choices.map((choice, item) => items[item]![choice]!.cost)),
    loss: sumOf(choices.map((choice, item) => items[item]![choice]!.loss)),
  });
  const known = measure(greedy);
  // What the items from each on lose at least, cost included at the price.
  const pricedAfter = [0];
  for (const choices of [...items].reverse()) {
    const { cost, loss } = choices[pricedChoice(choices, price)]!;
    pricedAfter.unshift(pricedAfter[0]! + loss + price * cost);
  }
  const tolerance = 1e-12 * Math.abs(known.loss);
  const bound = Math.max(0, known.loss - (pricedAfter[0]! - price * budget));

  let frontier: Partial[] = [{ cost: 0, loss: 0, choice: -1 }];
  let isExact = true;
  for (const [item, choices] of items.entries()) {
    const next: Partial[] = [];
    for (const before of frontier)
      choices.forEach((each, choice) => {
        const [cost, loss] = [before.cost + each.cost, before.loss + each.loss];
        if (cost + leastAfter[item + 1]! > budget) return;
        if (loss + pricedAfter[item + 1]! - price * (budget - cost) > known.loss + tolerance) return;
        next.push({ cost, loss, choice, before });
      });
    frontier = frontierOf(next);
    if (frontier.length <= largestFrontier) continue;
    isExact = false;
    const step = frontier.length / largestFrontier;
    frontier = Array.from({ length: largestFrontier }, (_, at) => frontier[Math.floor(at * step)]!);
  }
  const best = frontier.at(-1);
  if (!best || best.loss > known.loss) return { choices: greedy, ...known, gap: isExact ? 0 : bound };
  const choices: number[] = [];
  for (let state = best; state.before; state = state.before) choices.unshift(state.choice);
  const gap = isExact ? 0 : Math.max(0, bound - (known.loss - best.loss));
  return { choices, ...measure(choices), gap };
}
