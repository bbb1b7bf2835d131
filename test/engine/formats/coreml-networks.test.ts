import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertNetwork, findUnsupported } from '../../../src/main/engine/formats/coreml/convert/convert';
import { packageFiles, writePackage } from '../../../src/main/engine/formats/coreml/package';
import { classifierNetwork } from '../../../src/main/engine/onnx/classifier-network';
import { checkPackages, hasCoremltools, needsCoremltools, weightHashes } from '../../fixtures/coremltools';
import { noiseTensor } from '../../fixtures/graphs';
import { foreignNetworks } from '../../fixtures/networks';
import { inputsAndOutputs } from '../../fixtures/networks/inputs-and-outputs';
import { runGraph } from '../../fixtures/run-graph';

const networks = [...new Map([...foreignNetworks, ...inputsAndOutputs].map((each) => [each.name, each])).values()].map(
  ({ name, make, card }) => ({ name, card, graph: classifierNetwork(make(), card, name) }),
);

/** Halves are widened before the first layer, where ONNX Runtime rounds after each; codes at a border may fall to either side. */
const tolerances: Record<string, number> = { float16: 2e-3, 'half-input': 2e-3, qdq: 2e-2 };

describe('every network that techniques are tried on', () => {
  it.each(networks)('$name has a counterpart of each operator', async ({ graph, card }) => {
    expect(await findUnsupported(graph, card)).toEqual([]);
  });

  it(
    `is a program that coremltools builds again, and that computes what ONNX Runtime does${needsCoremltools}`,
    { timeout: 300_000, skip: !hasCoremltools },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'whittle-coreml-'));
      try {
        const expected = new Map<string, { scores: ArrayLike<number>; weights: Record<string, string> }>();
        for (const { name, card, graph } of networks) {
          const options = { precision: 'FLOAT32', input: 'tensor', output: 'scores' } as const;
          const model = await convertNetwork(graph, card, options);
          await writePackage(packageFiles(model, card), join(folder, `${name}.mlpackage`));
          const [input] = graph.inputs;
          const given = noiseTensor(
            input!.shape.map((size) => (typeof size === 'number' ? size : 1)),
            5,
          );
          const numbers = given.data as Float32Array;
          if (input!.type === 'uint8')
            numbers.forEach((value, at) => (numbers[at] = Math.floor(Math.abs(value) * 255)));
          await writeFile(join(folder, `${name}.bin`), new Uint8Array(numbers.buffer));
          const fed =
            input!.type === 'uint8' ? { ...given, type: 'uint8' as const, data: Uint8Array.from(numbers) } : given;
          const answers = await runGraph(graph, { [input!.name]: fed });
          expected.set(name, {
            scores: answers[graph.outputs[0]!.name]!.data as Float32Array,
            weights: weightHashes(model),
          });
        }
        const verdicts = checkPackages(folder);
        for (const [name, { scores, weights }] of expected) {
          const { problem, scores: given = [], weights: decoded } = verdicts[name]!;
          expect(problem, name).toBeUndefined();
          expect(decoded, name).toEqual(weights);
          const differences = given.map((value, at) => Math.abs(value - Number(scores[at])));
          expect(given.length, name).toBe(scores.length);
          expect(Math.max(...differences), name).toBeLessThan(tolerances[name] ?? 1e-4);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
