import { chooseWithin, type Choice, type Selection } from '../algebra/knapsack';
import type { RoundingLoss } from './rounding-losses';
import type { StoredBytes } from '../quantization/stored-bytes';
import type { WeightForm } from '../storage/weight-forms';
import type { WeightLayer } from '../layers/weight-layers';

/** A form for each layer. */
export interface Allocation {
  forms: WeightForm[];
  /** Of the whole file, as predicted. */
  bytes: number;
  /** Summed over layers, each measured alone. */
  loss: number;
}

/** Rounds in which the knapsack learns what layers share in the file. */
const mostRounds = 6;

/** Chooses forms for the layers of a network under a budget of bytes. */
export class BitAllocator {
  private readonly items: Choice[][];
  /** Bytes of the file that belong to no layer. */
  private shared: number;

  constructor(
    layers: readonly WeightLayer[],
    private readonly forms: readonly WeightForm[],
    losses: readonly RoundingLoss[],
    private readonly bytes: StoredBytes,
  ) {
    this.items = layers.map((layer, at) =>
      forms.map((form, index) => ({ cost: bytes.ofLayer(layer, form), loss: losses[at]!.losses[index]! })),
    );
    this.shared = bytes.besidesWeights;
  }

  /** The allocation with the fewest bytes. */
  smallest(): Allocation {
    const choices = this.items.map((item) =>
      item.reduce((best, { cost }, index) => (cost < item[best]!.cost ? index : best), 0),
    );
    return this.allocationOf(choices);
  }

  /** Every layer in the same form. */
  uniform(form: WeightForm): Allocation {
    return this.allocationOf(this.items.map(() => this.forms.indexOf(form)));
  }

  /** The least loss within the budget for the whole file; undefined where nothing fits. */
  within(budget: number): Allocation | undefined {
    let best: Allocation | undefined;
    const seen = new Set<string>();
    for (let round = 0; round < mostRounds; round++) {
      const found = chooseWithin(this.items, budget - this.shared);
      if (!found) break;
      const key = found.choices.join();
      if (seen.has(key)) break;
      seen.add(key);
      const allocation = this.allocationOf(found.choices);
      if (allocation.bytes <= budget && !(best && best.loss <= allocation.loss)) best = allocation;
      this.learn(found, allocation.bytes);
    }
    const smallest = this.smallest();
    return best ?? (smallest.bytes <= budget ? smallest : undefined);
  }

  /** The fewest bytes, within half a percent, for which the summed loss is at most `loss`; the best of all where that cannot be. */
  forLoss(loss: number, least: number, most: number): number {
    let [low, high] = [least, most];
    while (high > low * 1.005) {
      const middle = Math.round((low + high) / 2);
      const found = chooseWithin(this.items, middle - this.shared);
      if (found && found.loss <= loss) high = middle;
      else low = middle;
    }
    return high;
  }

  private allocationOf(choices: readonly number[]): Allocation {
    const forms = choices.map((choice) => this.forms[choice]!);
    const loss = choices.reduce((sum, choice, item) => sum + this.items[item]![choice]!.loss, 0);
    return { forms, bytes: this.bytes.ofFile(forms), loss };
  }

  private learn({ cost }: Selection, bytes: number): void {
    this.shared = bytes - cost;
  }
}
