import type {
  ActivationForm,
  InputForm,
  NetworkForm,
  PathForm,
  WeightStorage,
} from '../compression/layers/network-form';

/**
 * What a technique takes and what it leaves, as data: order checks, their sentences and the table in the docs follow from it.
 * No technique says which others it may stand beside.
 */
export interface Handling {
  takes: {
    /** Weights it works on: there must be some in one of these forms. None: it does not look at weights. */
    weights: readonly WeightStorage[];
    /** Weights in these forms may be there too; they stay as they are. */
    besides?: readonly WeightStorage[];
    activations: readonly ActivationForm[];
    /** All where it is not said; whatever looks at images needs an input of floats. */
    input?: readonly InputForm[];
  };
  leaves: {
    /** The form of the weights it worked on; the same as before where it is not said. */
    weights?: WeightStorage;
    /** Which of the weights it takes stay as they are, in words; none where it is not said. */
    keeps?: readonly string[];
    activations?: ActivationForm;
    input?: InputForm;
    /** Layers are smaller, fewer, or see smaller images: less to compute in any number format. */
    work?: 'less';
    /** What has branches or gates is taken by no step: each works on layers that all images come through, whole. */
    path?: PathForm;
  };
}

/** What a network is taken for before anything is known of it. */
export const floatNetwork: NetworkForm = {
  weights: new Set(['float']),
  activations: 'float',
  input: 'images',
  path: 'straight',
};

/** Of techniques that give layers other weights in the form these had. */
export const remakesWeights: Handling = {
  takes: { weights: ['float', 'sparse'], activations: ['float'] },
  leaves: {},
};

/** Of techniques that take channels or layers away. */
export const takesLayersAway: Handling = { takes: remakesWeights.takes, leaves: { work: 'less' } };

/** Of techniques that train weights in the form these have: sparse ones keep their zeros, those in few bits their bits. */
export const trainsWeights: Handling = {
  takes: { weights: ['float', 'sparse', 'codes'], activations: ['float'] },
  leaves: {},
};

/** Of techniques that set weights to zero. */
export const prunesWeights: Handling = {
  takes: { weights: ['float', 'sparse'], activations: ['float'] },
  leaves: { weights: 'sparse' },
};

/** Of techniques that store weights in few bits. Those that are already stay. */
export const codesWeights = (keeps: readonly string[]): Handling => ({
  takes: { weights: ['float', 'sparse'], besides: ['codes'], activations: ['float'] },
  leaves: { weights: 'codes', keeps },
});

/** The form of a network after a technique that takes it. */
export function formAfter(form: NetworkForm, { takes, leaves }: Handling): NetworkForm {
  const stored = !leaves.weights || leaves.keeps?.length ? [] : takes.weights;
  const weights = new Set([...form.weights].filter((storage) => !stored.includes(storage)));
  if (leaves.weights) weights.add(leaves.weights);
  const { activations = form.activations, input = form.input, path = form.path } = leaves;
  return { weights, activations, input, path };
}

/** Why a technique does not take a network, and which of its forms is in the way. */
export interface Obstacle {
  in: keyof NetworkForm;
  storage?: WeightStorage;
  detail: string;
}

const storedHow: Record<WeightStorage, string> = {
  float: 'in 32 bits',
  half: 'in half precision',
  sparse: 'pruned',
  codes: 'in few bits',
  integers: 'in integers',
};

const pathDetails: Record<Exclude<PathForm, 'straight'>, string> = {
  branches: 'some images leave the network early, where this step works on layers that all images come through',
  gates: 'each image has weights picked for it, where this step works on weights that are the same for all',
};

const inputDetails: Record<InputForm, string> = {
  images: 'the network takes images in floats',
  scaled: 'images are scaled in floats before the first layer, where this step feeds it raw pixels',
  pixels: 'the network takes raw pixels (uint8), where this step needs an input of floats',
};

/** What keeps a technique from taking a network of this form; undefined where nothing does. */
export function obstacleTo({ takes, leaves }: Handling, form: NetworkForm): Obstacle | undefined {
  if (form.path !== 'straight') return { in: 'path', detail: pathDetails[form.path] };
  if (takes.input && !takes.input.includes(form.input)) return { in: 'input', detail: inputDetails[form.input] };
  if (!takes.activations.includes(form.activations))
    return { in: 'activations', detail: activationDetail(form.activations, leaves.activations !== undefined) };
  if (takes.weights.length === 0 || form.weights.size === 0) return undefined;
  const beyond = [...form.weights].find((storage) => ![...takes.weights, ...(takes.besides ?? [])].includes(storage));
  if (beyond) return { in: 'weights', storage: beyond, detail: weightDetail(beyond, leaves) };
  if ([...form.weights].some((storage) => takes.weights.includes(storage))) return undefined;
  const [storage] = form.weights;
  const how = [...form.weights].map((each) => storedHow[each]).join(' or ');
  return { in: 'weights', storage: storage!, detail: `all weights are ${how} already` };
}

function activationDetail(activations: ActivationForm, quantizes: boolean): string {
  if (activations === 'half') return 'the network computes in half precision, where this step works in float32';
  if (quantizes && activations === 'dynamic')
    return 'the network is quantized already, with ranges that are measured anew for every image';
  if (quantizes && activations === 'qoperator') return 'the network is in integer operators already';
  if (quantizes) return 'the network is quantized already';
  if (activations === 'dynamic') return 'layers compute in integers already, where this step works on a float network';
  return 'the network computes in integers already, where this step works on a float network';
}

function weightDetail(storage: WeightStorage, leaves: Handling['leaves']): string {
  const roundsAgain = leaves.weights !== undefined && ['half', 'codes', 'integers'].includes(leaves.weights);
  return roundsAgain
    ? `the weights are ${storedHow[storage]} already and would only be rounded again`
    : `the weights are ${storedHow[storage]} already, which the new weights of this step would undo`;
}
