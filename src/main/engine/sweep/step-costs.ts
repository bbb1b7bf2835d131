import { median } from '../measure/statistics/percentile';
import type { PlannedStep } from './plan';

/** What a step does, as far as its cost depends on it. */
export interface StepTraits {
  kind: PlannedStep['kind'];
  /** Technique, format, or runtime with what it is asked. */
  work: string;
  /** Parameters, and the steps before. */
  variant: string;
  /** sha256 of the network that all began with. */
  network: string;
  /** Size of the network's file: larger networks take longer. */
  networkBytes: number;
  /** Images it looks at; 0: none. */
  images: number;
}

/** A finished step: its traits and what it took. */
export interface StepSample extends StepTraits {
  elapsedMs: number;
  /** Of the file that it made. */
  sizeBytes?: number;
}

/** What a step is expected to take: the median, and the standard deviation of the logarithm. */
export interface StepCost {
  expectedMs: number;
  deviation: number;
  /** Its error is that of others like it, and does not average out over many. */
  isGuess: boolean;
}

/** How alike two steps are, the closest first: what must be equal, and what the rest is scaled by. */
interface Likeness {
  keyOf(traits: StepTraits): string;
  /** Steps of one group cost as much for each unit of this. */
  scaleOf(traits: StepTraits): number;
  /** Until the journal tells: standard deviation of the logarithm. */
  usualDeviation: number;
  isGuess: boolean;
}

const images = ({ images: count }: StepTraits): number => Math.max(1, count);
const everything = (traits: StepTraits): number => images(traits) * traits.networkBytes;

const likenesses: readonly Likeness[] = [
  {
    keyOf: ({ kind, work, network, variant, images: count }) => [kind, work, network, variant, count].join('\n'),
    scaleOf: () => 1,
    usualDeviation: 0.15,
    isGuess: false,
  },
  {
    keyOf: ({ kind, work, network }) => [kind, work, network].join('\n'),
    scaleOf: images,
    usualDeviation: 0.35,
    isGuess: false,
  },
  { keyOf: ({ kind, work }) => [kind, work].join('\n'), scaleOf: everything, usualDeviation: 0.7, isGuess: true },
  { keyOf: ({ kind, network }) => [kind, network].join('\n'), scaleOf: images, usualDeviation: 1, isGuess: true },
  { keyOf: ({ kind }) => kind, scaleOf: everything, usualDeviation: 1.2, isGuess: true },
];

/** With fewer residuals than this their median says little. */
const enoughResiduals = 5;
/** No two runs of one step take the same time. */
const leastDeviation = 0.05;
/** Median absolute deviation of a normal distribution to its standard deviation. */
const madToDeviation = 1.4826;

/**
 * What steps cost on this machine, learned from finished ones: the median of those that are most alike, on a logarithmic scale, so that one
 * which slept with the machine does not count. How far to trust it is learned too: each is left out and predicted from the others.
 */
export class StepCosts {
  /** For each likeness: what is like a step costs, by what makes it like. */
  private readonly levels: { logCosts: Map<string, number>; sizeShares: Map<string, number>; deviation: number }[];

  constructor(samples: readonly StepSample[]) {
    const usable = samples.filter(({ elapsedMs }) => elapsedMs > 0);
    this.levels = likenesses.map(({ keyOf, scaleOf, usualDeviation }, level) => {
      const closer = likenesses[level - 1]?.keyOf;
      const groups = new Map<string, Map<string, StepSample[]>>();
      for (const [at, sample] of usable.entries()) {
        const group = gained(groups, keyOf(sample), () => new Map<string, StepSample[]>());
        gained(group, closer?.(sample) ?? String(at), () => []).push(sample);
      }
      // What is alike more closely counts once, however often it was done.
      const unitsOf = (group: Map<string, StepSample[]>): number[] =>
        [...group.values()].map((unit) => median(unit.map((sample) => Math.log(sample.elapsedMs / scaleOf(sample)))));
      const units = new Map([...groups].map(([key, group]) => [key, unitsOf(group)]));
      const residuals = [...units.values()].flatMap(residualsOf);
      const shares = [...groups].flatMap(([key, group]): [string, number][] => {
        const made = [...group.values()]
          .flat()
          .flatMap(({ sizeBytes, networkBytes }) => (sizeBytes ?? 0) / networkBytes);
        return made.some((share) => share > 0) ? [[key, median(made.filter((share) => share > 0))]] : [];
      });
      return {
        logCosts: new Map([...units].map(([key, values]) => [key, median(values)])),
        sizeShares: new Map(shares),
        deviation:
          residuals.length < enoughResiduals
            ? usualDeviation
            : Math.max(leastDeviation, madToDeviation * median(residuals.map(Math.abs))),
      };
    });
  }

  /** Undefined where no step of the kind has finished here. */
  expect(traits: StepTraits): StepCost | undefined {
    for (const [level, { keyOf, scaleOf, isGuess }] of likenesses.entries()) {
      const { logCosts, deviation } = this.levels[level]!;
      const logCost = logCosts.get(keyOf(traits));
      if (logCost !== undefined) return { expectedMs: Math.exp(logCost) * scaleOf(traits), deviation, isGuess };
    }
    return undefined;
  }

  /** Bytes of the file that a step makes, from those of the same work; undefined where there is none. */
  expectBytes(traits: StepTraits): number | undefined {
    for (const [level, { keyOf }] of likenesses.slice(0, 3).entries()) {
      const share = this.levels[level]!.sizeShares.get(keyOf(traits));
      if (share !== undefined) return share * traits.networkBytes;
    }
    return undefined;
  }
}

function residualsOf(units: readonly number[]): number[] {
  if (units.length < 2) return [];
  return units.map((unit, at) => unit - median(units.filter((_other, other) => other !== at)));
}

function gained<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
