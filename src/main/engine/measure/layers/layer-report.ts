import type { LayerFacts, LayerReport } from '@shared/layers';
import type { ModelCard } from '@shared/model-card';
import type { Images } from '../../dataset/image-batches';
import type { Node } from '../../onnx/graph';
import { calculator } from '../../compression/calculator';
import { loadClassifier } from '../../onnx/classifier-network';
import type { OperatorTime } from '../../runtimes/runtime';
import { throwIfCancelled } from '../cancellation';
import { layerErrors } from './layer-errors';
import { layerFacts, type StoredLayer } from './layer-facts';
import { layerTimes, type LayerTimes } from './layer-times';
import { matchByName } from './match-layer-names';
import { modelInput } from '../model-input';
import { sampleInput } from '../latency/sample-input';

export interface LayerReportOptions {
  originalPath: string;
  /** The float network whose layers the compressed ones should equal; its layers have the names of the file's. */
  referencePath: string;
  candidatePath: string;
  card: ModelCard;
  /** Without them, errors are left out. */
  images?: Images<'calibration'>;
  threads: number;
  progress(stage: string, done: number, total: number): void;
  signal: AbortSignal;
}

/** Images the errors rest on: eight positions of each. */
const imagesUsed = 24;
const rounds = 30;
const warmUpRounds = 3;
/** A round runs each network this often, so that the caches are its own. */
const runsOfRound = 2;
const roundsMs = 8000;

/**
 * Compares a file with the network it came from, layer by layer: what is stored, what is computed, what time it takes and how far the
 * layer's output is from the float network's. Times are the runtime's own of each operator; both files take turns.
 * Throws as `loadClassifier`, `model.differs`, `model.runtime-rejected`, `model.runtime-failed`, `cancelled`.
 */
export async function layerReport(options: LayerReportOptions): Promise<LayerReport> {
  const { originalPath, referencePath, candidatePath, card, signal, progress } = options;
  progress('reading the files', 0, 1);
  const [original, candidate] = [await loadClassifier(originalPath, card), await loadClassifier(candidatePath, card)];
  const reference = referencePath === originalPath ? original : await loadClassifier(referencePath, card);
  const [before, after, expected] = [
    await layerFacts(original),
    await layerFacts(candidate),
    await layerFacts(reference),
  ];
  throwIfCancelled(signal);
  const times = await profile(options);
  const [timesBefore, timesAfter] = [layerTimes(original, times.original), layerTimes(candidate, times.candidate)];

  const names = new Map(expected.map((layer) => [layer.name, layer.node]));
  const pairs = after.flatMap(({ name, node }) => {
    const found = names.get(name);
    return found ? [{ reference: found, candidate: node }] : [];
  });
  const { images } = options;
  const compared = images
    ? await layerErrors(reference, candidate, pairs, { ...options, images, limit: imagesUsed })
    : { errors: new Map<Node, number>(), images: 0 };
  return {
    layers: matchByName(
      before.map((layer) => withTimes(layer, timesBefore)),
      after.map((layer) => ({ ...withTimes(layer, timesAfter), error: compared.errors.get(layer.node) })),
    ),
    rest: { before: restOf(timesBefore), after: restOf(timesAfter) },
    images: compared.images,
  };
}

const totalOf = ({ layers, rest }: LayerTimes): number => [...layers.values()].reduce((sum, ms) => sum + ms, rest);

function withTimes({ name, node, facts }: StoredLayer, times: LayerTimes): { name: string; facts: LayerFacts } {
  const milliseconds = times.layers.get(node) ?? 0;
  return { name, facts: { ...facts, milliseconds, latencyShare: milliseconds / totalOf(times) } };
}

function restOf(times: LayerTimes): LayerReport['rest']['before'] {
  return { milliseconds: times.rest, share: times.rest / totalOf(times) };
}

async function profile(options: LayerReportOptions): Promise<Record<'original' | 'candidate', OperatorTime[]>> {
  const { originalPath, candidatePath, card, signal, progress } = options;
  const open = async (path: string) => {
    const session = await calculator.open(path, { threads: 1, profile: true });
    try {
      const input = modelInput(session, card, path);
      return { session, feeds: { [input.name]: sampleInput(card, input.fixedBatch ?? 1, 'layers', input) } };
    } catch (thrown) {
      await session.close();
      throw thrown;
    }
  };
  const opened: Awaited<ReturnType<typeof open>>[] = [];
  try {
    for (const path of [originalPath, candidatePath]) opened.push(await open(path));
    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
      throwIfCancelled(signal);
      if (round > warmUpRounds && performance.now() - start > roundsMs) break;
      progress('timing layers', round, rounds);
      for (const { session, feeds } of opened) for (let run = 0; run < runsOfRound; run++) await session.run(feeds);
    }
    const [original = [], candidate = []] = await Promise.all(
      opened.map(async ({ session }) => {
        const times = await session.operatorTimes();
        return times.slice(Math.floor((times.length * warmUpRounds) / rounds));
      }),
    );
    return { original, candidate };
  } finally {
    for (const { session } of opened) await session.close();
  }
}
