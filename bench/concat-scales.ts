/**
 * What members of a concatenation with scales of their own cost in time, and what one scale for all costs in answers: squeezenet1.1 in int8 with scales of their own,
 * with one scale for all (what `quantize.static` writes), with one scale after the members were given one range by factors that their readers take back, and as
 * another quantizer wrote it, where a file of that is given. Times alternate image by image; the quartile of the ratios counts. The same file opened again says
 * how far apart two sessions may be for no reason. Wants a quiet machine.
 * Usage: concat-scales [images] [rounds] [dataset folder] [file of another quantizer]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { observeActivations } from '../src/main/engine/compression/calibration/observe-activations';
import { integerForms } from '../src/main/engine/compression/quantization/integer-forms';
import { planQdq, type QdqPlan } from '../src/main/engine/compression/quantization/qdq-plan';
import { rewriteQdq } from '../src/main/engine/compression/quantization/qdq-rewrite';
import { fusedKernels } from '../src/main/engine/compression/quantization/quantizer-profile';
import { StaticQuantizer } from '../src/main/engine/compression/quantization/static-quantizer';
import { openDataset } from '../src/main/engine/dataset/open-dataset';
import { openImages } from '../src/main/engine/dataset/image-batches';
import { copyGraph, type Graph } from '../src/main/engine/onnx/graph';
import { indexGraph } from '../src/main/engine/onnx/graph-index';
import { float32Tensor } from '../src/main/engine/onnx/make';
import { loadModel } from '../src/main/engine/onnx/load';
import { encodeModel } from '../src/main/engine/onnx/save';
import { ort } from '../src/main/engine/runtimes/ort';
import { staticChoices, staticParams } from '../src/main/engine/techniques/quantize-static';
import { datasetSpecSchema } from '../src/shared/dataset';
import { shared, zooContext } from './zoo-context';

const [images = '1000', rounds = '200', path = join(shared, 'imagenet'), other] = process.argv.slice(2);

/** The same plan where members of a Concat have scales of their own; what they are joined to is observed. */
function planApart(graph: Graph): QdqPlan {
  const plan = planQdq(graph);
  const concats = graph.nodes.filter(({ op }) => op === 'Concat');
  const members = new Set(concats.flatMap(({ inputs }) => inputs));
  const results = new Set(concats.flatMap(({ outputs }) => outputs));
  const groupOf = (value: string): string => {
    const group = plan.groupOf(value);
    return members.has(group) && !members.has(value) ? `joined to ${group}` : members.has(value) ? value : group;
  };
  return { ...plan, groupOf, derived: new Set([...plan.derived].filter((value) => !results.has(value))) };
}

/** The largest magnitude of each member of a Concat of convolutions with Relu is made that of the largest; convolutions that read it take the factors back. */
function levelMembers(graph: Graph, peakOf: (value: string) => number): Graph {
  const result = copyGraph(graph);
  const index = indexGraph(graph);
  const scale = (name: string, factorOf: (at: number, shape: readonly number[]) => number): void => {
    const { shape, data } = result.initializers.get(name)!;
    const scaled = (data as Float32Array).map((value, at) => value * factorOf(at, shape));
    result.initializers.set(name, float32Tensor(shape, scaled));
  };
  for (const node of graph.nodes) {
    if (node.op !== 'Concat') continue;
    const top = Math.max(...node.inputs.map(peakOf));
    const factors: number[] = [];
    for (const member of node.inputs) {
      const convolution = index.producer(index.producer(member)!.inputs[0]!)!;
      const factor = top / peakOf(member);
      for (const name of convolution.inputs.slice(1)) scale(name, () => factor);
      const channels = graph.initializers.get(convolution.inputs[1]!)!.shape[0]!;
      factors.push(...new Array<number>(channels).fill(factor));
    }
    const readers = index
      .consumers(node.outputs[0]!)
      .flatMap((reader) => (reader.op === 'MaxPool' ? index.consumers(reader.outputs[0]!) : [reader]));
    for (const { inputs } of readers)
      scale(inputs[1]!, (at, [, channels, height, width]) => {
        return 1 / factors[Math.floor(at / (height! * width!)) % channels!]!;
      });
  }
  return result;
}

const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-concat-'));
try {
  const order = { name: 'squeezenet1.1', count: 256, threads: 1, dataset: path, cacheFolder };
  const { card, graph: loaded, context } = await zooContext(order);
  const float = integerForms(loaded);
  const written = async (graph: Graph, plan: QdqPlan): Promise<Graph> => {
    const quantizer = new StaticQuantizer(
      graph,
      { ...staticChoices(staticParams.parse({})), profile: { ...fusedKernels, plan: () => plan } },
      context,
      'quantize.static',
    );
    return rewriteQdq(graph, plan, await quantizer.choicesFor(plan));
  };
  const joined = float.nodes.flatMap(({ op, inputs }) => (op === 'Concat' ? inputs : []));
  const seen = await observeActivations(float, joined, context, 'quantize.static');
  const levelled = levelMembers(float, (value) => seen.get(value)!.max);
  const joint = await written(float, planQdq(float));
  const variants = {
    float,
    'own scales': await written(float, planApart(float)),
    'one scale': joint,
    'one scale, again': joint,
    'one scale, levelled': await written(levelled, planQdq(levelled)),
    ...(other === undefined ? {} : { [basename(other)]: await loadModel(other) }),
  };
  const sessions = await Promise.all(
    Object.values(variants).map((graph) => ort.open(encodeModel(graph), { threads: 1 })),
  );
  const dataset = await openDataset(datasetSpecSchema.parse({ path, eval: Number(images), calibration: 0 }), {
    cacheFolder,
  });
  const times = sessions.map((): number[] => []);
  const right = sessions.map(() => 0);
  const same = sessions.map(() => 0);
  let asked = 0;
  const evaluated = await openImages(dataset.eval, card, { cacheFolder });
  for await (const { data, shape, entries } of evaluated.batches(1)) {
    const best: number[] = [];
    for (let turn = 0; turn < sessions.length; turn++) {
      // Another begins each time: what a session finds in the caches is what the one before it left.
      const at = (turn + asked) % sessions.length;
      const session = sessions[at]!;
      const start = performance.now();
      const results = await session.run({ [card.input.name]: { type: 'float32', shape, data: data } });
      if (asked < Number(rounds)) times[at]!.push(performance.now() - start);
      const scores = Array.from(results[card.output.name]!.data as Float32Array);
      best[at] = scores.indexOf(Math.max(...scores));
    }
    for (const [at, found] of best.entries()) {
      if (found === entries[0]!.label) right[at]!++;
      if (found === best[0]) same[at]!++;
    }
    asked++;
  }
  for (const [at, name] of Object.keys(variants).entries()) {
    const ratios = times[at]!.map((time, round) => time / times[1]![round]!).sort((a, b) => a - b);
    const quartiles = [0.25, 0.5, 0.75].map((share) => ratios[Math.floor(share * ratios.length)]!.toFixed(3));
    console.log(
      `${name.padEnd(20)} top-1 ${((100 * right[at]!) / asked).toFixed(1)}  class as in float ${same[at]} of ${asked}  time to own scales ${quartiles.join(' ')}`,
    );
  }
  for (const session of sessions) await session.close();
} finally {
  rmSync(cacheFolder, { recursive: true, force: true });
}
