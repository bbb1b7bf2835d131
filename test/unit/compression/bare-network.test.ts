import { describe, expect, test } from 'vitest';
import { bareNetwork } from '../../../src/main/engine/compression/quantization/bare-network';
import { nhwcInput } from '../../fixtures/networks/nhwc-input';
import { normaliseMulAdd, normaliseSubDiv, resNetZoo } from '../../fixtures/networks/resnet';

describe('what is around a network', () => {
  test.each([normaliseSubDiv, normaliseMulAdd])('$name: its normalisation moves into the card', ({ make, card }) => {
    const { graph, card: bare, line } = bareNetwork(make(), card);
    expect(graph.nodes[0]!.op).toBe('Conv');
    expect(graph.nodes[0]!.inputs[0]).toBe('input');
    expect(line).toBeDefined();
    [123.675, 116.28, 103.53].forEach((mean, at) => expect(bare.preprocess.mean[at]).toBeCloseTo(mean, 3));
    [58.395, 57.12, 57.375].forEach((std, at) => expect(bare.preprocess.std[at]).toBeCloseTo(std, 3));
  });

  test('a Softmax goes, the scores keep the name of the output', () => {
    const { graph, card, line } = bareNetwork(resNetZoo.make(), resNetZoo.card);
    expect(graph.nodes.at(-1)).toMatchObject({ op: 'Gemm', outputs: ['logits'] });
    expect(card.preprocess).toEqual(resNetZoo.card.preprocess);
    expect(line).toBeUndefined();
  });

  test('a transposition stays', () => {
    const { graph } = bareNetwork(nhwcInput.make(), nhwcInput.card);
    expect(graph.nodes.slice(0, 2).map((node) => node.op)).toEqual(['Transpose', 'Conv']);
  });
});
