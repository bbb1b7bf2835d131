import { median } from '@shared/statistics/percentile';
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
  /** Of a training: multiply-accumulates of the forward passes of all its images; absent where nobody knows, and of other steps. */
  trainingMacs?: number;
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
  /** It is of other machines: nothing like it has finished here. */
  isFromElsewhere?: boolean;
}

/** How alike two steps are, the closest first: what must be equal, and what the rest is scaled by. */
interface Likeness {
  keyOf(traits: StepTraits): string;
  /** Steps of one group cost as much for each unit of this, beyond the start of a worker. Absent: they cost the same. */
  scaleOf?(traits: StepTraits): number;
  /** Until the journal tells: standard deviation of the logarithm. */
  usualDeviation: number;
  isGuess: boolean;
}

const images = ({ images: count }: StepTraits): number => Math.max(1, count);
const everything = (traits: StepTraits): number => images(traits) * traits.networkBytes;

const likenesses: readonly Likeness[] = [
  {
    keyOf: ({ kind, work, network, variant, images: count }) => [kind, work, network, variant, count].join('\n'),
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

/** As many likenesses are of one technique, the others of a kind of steps: what pruned a network tells nothing of trainings. */
const ofOneWork = 3;

/**
 * A training step of 16 images on two threads takes 0.48 s for squeezenet1.1 (0.35 GMACs an image), 1.08 s for mobilenetv2 (0.30) and 3.73 s for resnet50
 * (4.1): 86, 225 and 57 ps a multiply-accumulate of the forward pass, of which this is the geometric mean (docs/measured.md, "What training recovers").
 */
const trainingMsPerMac = 103e-9;
/** Standard deviation of the logarithm of the three is 0.7; machines differ too. */
const trainingDeviation = 1;

/** With fewer residuals than this their median says little. */
const enoughResiduals = 5;
/** No two runs of one step take the same time. */
const leastDeviation = 0.05;
/** Median absolute deviation of a normal distribution to its standard deviation. */
const madToDeviation = 1.4826;

/** The quickest step did little else than start its worker, unless it is one of few: no start takes longer than this. */
const longestStartMs = 500;
/** Of what a step takes beyond the start of its worker, at least this share counts as work: a logarithm needs some. */
const leastShare = 0.02;

/** What is alike in one way: its samples, those that are alike more closely together. */
type Group = Map<string, StepSample[]>;

/**
 * What steps cost on this machine, learned from finished ones: the start of a worker, and the median work of those that are most alike, on a
 * logarithmic scale, so that one which slept with the machine does not count. How far to trust it is learned too: each is left out and predicted from
 * the others.
 */
export class StepCosts {
  private readonly startMs: number;
  /** For each likeness: what is like a step costs beyond the start, by what makes it like. */
  private readonly levels: { logWork: Map<string, number>; sizeShares: Map<string, number>; deviation: number }[];

  constructor(samples: readonly StepSample[]) {
    const usable = samples.filter(({ elapsedMs }) => elapsedMs > 0);
    this.startMs = usable.reduce((least, { elapsedMs }) => Math.min(least, elapsedMs), longestStartMs);
    this.levels = likenesses.map((likeness, level) => {
      const groups = [...groupsOf(usable, likeness, likenesses[level - 1])];
      const residuals = groups.flatMap(([, group]) => this.residualsOf(group, likeness));
      const shares = groups.flatMap(([key, group]): [string, number][] => {
        const made = [...group.values()]
          .flat()
          .flatMap(({ sizeBytes, networkBytes }) => (sizeBytes ?? 0) / networkBytes);
        return made.some((share) => share > 0) ? [[key, median(made.filter((share) => share > 0))]] : [];
      });
      return {
        logWork: new Map(groups.map(([key, group]) => [key, median(this.unitsOf(group, likeness))])),
        sizeShares: new Map(shares),
        deviation:
          residuals.length < enoughResiduals
            ? likeness.usualDeviation
            : Math.max(leastDeviation, madToDeviation * median(residuals.map(Math.abs))),
      };
    });
  }

  /** Undefined where no step of the kind has finished here, unless it is a training of a known size. */
  expect(traits: StepTraits): StepCost | undefined {
    const { trainingMacs } = traits;
    for (const [level, likeness] of likenesses.entries()) {
      if (level === ofOneWork && trainingMacs !== undefined) break;
      const { logWork, deviation } = this.levels[level]!;
      const work = logWork.get(likeness.keyOf(traits));
      if (work === undefined) continue;
      return { expectedMs: this.elapsedMs(Math.exp(work), traits, likeness), deviation, isGuess: likeness.isGuess };
    }
    if (trainingMacs === undefined) return undefined;
    const expectedMs = this.startMs + trainingMsPerMac * trainingMacs;
    return { expectedMs, deviation: trainingDeviation, isGuess: true, isFromElsewhere: true };
  }

  /** Bytes of the file that a step makes, from those of the same work; undefined where there is none. */
  expectBytes(traits: StepTraits): number | undefined {
    for (const [level, { keyOf }] of likenesses.slice(0, 3).entries()) {
      const share = this.levels[level]!.sizeShares.get(keyOf(traits));
      if (share !== undefined) return share * traits.networkBytes;
    }
    return undefined;
  }

  private elapsedMs(work: number, traits: StepTraits, { scaleOf }: Likeness): number {
    return scaleOf ? this.startMs + work * scaleOf(traits) : work;
  }

  private workOf(sample: StepSample, { scaleOf }: Likeness): number {
    const { elapsedMs } = sample;
    return scaleOf ? Math.max(elapsedMs - this.startMs, leastShare * elapsedMs) / scaleOf(sample) : elapsedMs;
  }

  /** The work of each unit of a group: what is alike more closely counts once, however often it was done. */
  private unitsOf(group: Group, likeness: Likeness): number[] {
    return [...group.values()].map((unit) => median(unit.map((sample) => Math.log(this.workOf(sample, likeness)))));
  }

  /** Of each unit of a group, how far it is from what the others foretell. */
  private residualsOf(group: Group, likeness: Likeness): number[] {
    if (group.size < 2) return [];
    const units = this.unitsOf(group, likeness);
    return [...group.values()].map((unit, at) => {
      const work = Math.exp(median(units.filter((_unit, other) => other !== at)));
      return median(unit.map((sample) => Math.log(sample.elapsedMs / this.elapsedMs(work, sample, likeness))));
    });
  }
}

function groupsOf(samples: readonly StepSample[], { keyOf }: Likeness, closer?: Likeness): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [at, sample] of samples.entries()) {
    const group = gained(groups, keyOf(sample), (): Group => new Map());
    gained(group, closer?.keyOf(sample) ?? String(at), () => []).push(sample);
  }
  return groups;
}

function gained<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
