// The rooms of the engine: what each holds and which others it may know. One table: dependency-cruiser makes its
// rules from it (`npm run boundaries`), docs/architecture.md shows it (`npm run docs`), and a unit test holds both to it.

/**
 * From the ground up: a room may know only rooms that stand before it, so no two can know each other.
 * @type {readonly { room: string, holds: string, knows: readonly string[] }[]}
 */
export const rooms = [
  { room: 'files', holds: 'atomic writes, hashes of files, built entries', knows: [] },
  { room: 'machine', holds: 'facts of this computer that results depend on, and what it spends', knows: ['files'] },
  { room: 'onnx', holds: 'ONNX file <-> `Graph`: shapes, folding, counting, surgery, names', knows: ['files'] },
  {
    room: 'coral',
    holds: 'USB Corals: which are plugged in, what libedgetpu is here, what is missing',
    knows: [],
  },
  {
    room: 'runtimes',
    holds: 'inference runtimes behind one interface, their registry; where their libraries are',
    knows: ['files', 'coral', 'onnx'],
  },
  {
    room: 'dataset',
    holds: 'finding images and labels, splits, preprocessing, the crop cache',
    knows: ['files'],
  },
  {
    room: 'compression',
    holds: 'the door to the runtime that compression calculates with',
    knows: ['runtimes'],
  },
  {
    room: 'compression/algebra',
    holds: 'products, Cholesky, eigenvalues, k-means, knapsack, affine codes',
    knows: ['compression', 'onnx'],
  },
  {
    room: 'dataset/training',
    holds: 'training images: order, augmentation, batches made ahead in a thread',
    knows: ['files', 'dataset', 'compression/algebra'],
  },
  {
    room: 'compression/layers',
    holds: 'which weights a network has, decoded and plain',
    knows: ['compression', 'compression/algebra', 'onnx'],
  },
  {
    room: 'compression/calibration',
    holds: 'what techniques are given; activations: ranges, means, Gram matrices',
    knows: ['compression', 'compression/algebra', 'compression/layers', 'onnx'],
  },
  {
    room: 'compression/storage',
    holds: 'few-bit, sparse and self-decoding tensors',
    knows: ['compression/algebra', 'compression/layers', 'onnx'],
  },
  {
    room: 'formats',
    holds: 'the files that runtimes take beside ONNX, and how an artifact becomes one',
    knows: ['files', 'coral', 'onnx', 'dataset', 'compression/algebra', 'compression/layers', 'compression/storage'],
  },
  {
    room: 'compression/reconstruction',
    holds: 'weights that make up for errors',
    knows: ['compression/algebra', 'compression/layers', 'compression/calibration', 'compression/storage', 'onnx'],
  },
  {
    room: 'compression/quantization',
    holds: 'weights and activations as codes',
    knows: [
      'compression',
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/storage',
      'compression/reconstruction',
      'onnx',
    ],
  },
  {
    room: 'compression/sensitivity',
    holds: 'what each layer costs when it alone is changed, and what to spend on it',
    knows: [
      'compression',
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/storage',
      'compression/reconstruction',
      'compression/quantization',
      'machine',
      'onnx',
    ],
  },
  {
    room: 'compression/factorization',
    holds: 'layers as products of smaller ones',
    knows: [
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/reconstruction',
      'onnx',
    ],
  },
  {
    room: 'compression/latency',
    holds: 'the time of a layer by its shape, for those who plan by it',
    knows: ['compression', 'compression/algebra', 'compression/calibration', 'machine', 'onnx'],
  },
  {
    room: 'compression/pruning',
    holds: 'channels, blocks, units and masks: what may go and what it costs',
    knows: [
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/reconstruction',
      'compression/latency',
      'onnx',
    ],
  },
  {
    room: 'gradients',
    holds: 'a graph and a loss give a graph that computes gradients; losses, optimisers',
    knows: ['onnx'],
  },
  {
    room: 'training',
    holds: 'batches, the graph of a step, schedules, running it',
    knows: [
      'compression',
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/storage',
      'gradients',
      'onnx',
    ],
  },
  {
    room: 'training/quantization',
    holds: 'networks that are rounded to codes while they are trained; scales that are learned',
    knows: ['compression/algebra', 'compression/quantization', 'compression/storage', 'gradients', 'training', 'onnx'],
  },
  {
    room: 'training/rounding',
    holds: 'which way to round the weights of a block, and how its activations, learned',
    knows: [
      'compression',
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/storage',
      'compression/reconstruction',
      'compression/quantization',
      'gradients',
      'training',
      'training/quantization',
      'onnx',
    ],
  },
  {
    room: 'exits',
    holds: 'early exits: where a network can be left, heads that answer there, how sure they must be, the file',
    knows: [
      'compression',
      'compression/algebra',
      'compression/calibration',
      'compression/reconstruction',
      'gradients',
      'training',
      'onnx',
    ],
  },
  {
    room: 'gates',
    holds: 'channels picked for each image: where that pays, gates, masks to fit with, the file',
    knows: [
      'compression',
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/reconstruction',
      'training',
      'onnx',
    ],
  },
  {
    room: 'techniques',
    holds: 'one file a technique, the registry, recipe checks; the only room that knows names of techniques',
    knows: [
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/storage',
      'compression/reconstruction',
      'compression/quantization',
      'compression/sensitivity',
      'compression/factorization',
      'compression/pruning',
      'gradients',
      'training',
      'training/quantization',
      'training/rounding',
      'exits',
      'gates',
      'onnx',
    ],
  },
  { room: 'measure', holds: 'what a model takes and gives, whatever is measured of it', knows: ['onnx', 'runtimes'] },
  { room: 'measure/statistics', holds: 'intervals and paired differences', knows: ['compression/algebra'] },
  { room: 'measure/file', holds: 'bytes, parameters, MACs, entropy', knows: ['files', 'compression/storage', 'onnx'] },
  {
    room: 'measure/accuracy',
    holds: 'answers on evaluation images, paired',
    knows: ['measure', 'measure/statistics', 'dataset', 'runtimes'],
  },
  {
    room: 'measure/latency',
    holds: 'times and energy side by side with the baseline, memory, cold start',
    knows: ['measure', 'measure/statistics', 'compression/algebra', 'machine', 'runtimes'],
  },
  {
    room: 'measure/layers',
    holds: 'layers before and after',
    knows: [
      'measure',
      'measure/statistics',
      'measure/latency',
      'compression',
      'compression/algebra',
      'compression/calibration',
      'compression/layers',
      'dataset',
      'onnx',
      'runtimes',
    ],
  },
  { room: 'measure/explain', holds: 'why a trial collapsed; what others published', knows: [] },
  { room: 'store', holds: 'SQLite journal and artifact folder', knows: ['files'] },
  { room: 'models', holds: 'model files with their cards', knows: ['files', 'onnx', 'formats'] },
  {
    room: 'fetch',
    holds: 'networks, images and runtimes from elsewhere: checked downloads, archives, what there is to get',
    knows: ['files', 'runtimes', 'models'],
  },
  {
    room: 'jobs',
    holds: 'what a worker does with an order; keys of results',
    knows: [
      'files',
      'machine',
      'coral',
      'runtimes',
      'onnx',
      'formats',
      'dataset',
      'dataset/training',
      'compression/algebra',
      'compression/layers',
      'compression/calibration',
      'compression/quantization',
      'compression/sensitivity',
      'techniques',
      'measure',
      'measure/file',
      'measure/accuracy',
      'measure/latency',
      'measure/layers',
    ],
  },
  {
    room: 'sweep',
    holds: 'reading, expanding, running and showing sweeps',
    knows: [
      'files',
      'runtimes',
      'formats',
      'dataset',
      'techniques',
      'measure/statistics',
      'measure/accuracy',
      'measure/explain',
      'store',
      'models',
      'jobs',
    ],
  },
  {
    room: 'agents',
    holds: 'other machines that do steps: a NATS server between them, what is signed, files by hash',
    knows: ['files', 'compression', 'runtimes', 'formats', 'dataset', 'techniques', 'store', 'models', 'jobs', 'sweep'],
  },
  {
    room: 'collection',
    holds: 'which files go when the disk budget is spent',
    knows: ['store', 'sweep'],
  },
  { room: 'compare', holds: 'two runs beside each other', knows: ['measure/statistics', 'measure/accuracy'] },
  {
    room: 'search',
    holds: 'proposing chains, stopping them early, choosing and confirming winners',
    knows: [
      'dataset',
      'compression/algebra',
      'techniques',
      'measure/statistics',
      'measure/accuracy',
      'store',
      'models',
      'jobs',
      'sweep',
    ],
  },
  {
    room: 'report',
    holds: 'one model of a run for people: as PDF page, HTML, Markdown, CSV, JSON; a run from JSON',
    knows: [],
  },
  {
    room: 'live',
    holds: 'deployments kept open that answer frame after frame; a session as a page to keep',
    knows: ['dataset', 'measure', 'measure/accuracy', 'jobs', 'report'],
  },
  {
    room: 'handover',
    holds: 'a trial as a folder to give away',
    knows: ['files', 'onnx', 'dataset', 'models', 'report'],
  },
];

/** Packages with one owner each: everybody else goes through the owner's module. */
export const owners = {
  electron: ['src/main/(?!engine/)', 'src/preload/'],
  sharp: ['src/main/engine/dataset/'],
  'onnxruntime-node': ['src/main/engine/runtimes/'],
  'onnxruntime-web': ['src/main/engine/runtimes/'],
  'onnxruntime-common': ['src/main/engine/runtimes/'],
  libsql: ['src/main/engine/store/'],
  usb: ['src/main/engine/coral/'],
  '@nats-io/transport-node': ['src/main/engine/agents/'],
  '@nats-io/jetstream': ['src/main/engine/agents/'],
  '@nats-io/obj': ['src/main/engine/agents/'],
  '@nats-io/kv': ['src/main/engine/agents/'],
};

/** The table as docs/architecture.md shows it. */
export const roomsMarkdown = () =>
  [
    '| folder | what lives there | may know |',
    '| --- | --- | --- |',
    ...rooms.map(({ room, holds, knows }) => `| \`${room}/\` | ${holds} | ${namesOf(knows)} |`),
  ].join('\n');

/** "`onnx/`, `compression/` (`algebra/`, `layers/`)": rooms of one house together. */
function namesOf(knows) {
  const houses = new Map();
  for (const room of knows) {
    const [house, ...rest] = room.split('/');
    const inner = houses.get(house) ?? { isKnown: false, rooms: [] };
    if (rest.length === 0) inner.isKnown = true;
    else inner.rooms.push(rest.join('/'));
    houses.set(house, inner);
  }
  const texts = [...houses].map(([house, { isKnown, rooms: inner }]) => {
    if (inner.length === 0) return house;
    return `${house}/${isKnown ? ' and its ' : ' '}${inner.join(', ')}`.replace('/ ', isKnown ? ' ' : ': ');
  });
  return texts.length > 0 ? texts.join('; ') : 'none';
}
