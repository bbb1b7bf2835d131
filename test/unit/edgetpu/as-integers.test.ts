import { describe, expect, it } from 'vitest';
import { asIntegers, hasIntegers } from '../../../src/main/engine/formats/edgetpu/as-integers';
import { estimateEdgeTpu } from '../../../src/main/engine/formats/edgetpu/estimate';
import type { TfliteModel, TfliteTensor } from '../../../src/main/engine/formats/tflite/model';
import { mobilenetV2, resnet50 } from '../../fixtures/coral/layered-network';

/** The same network in floats: four bytes an element, and no scales. */
function inFloats({ graphs }: TfliteModel): TfliteModel {
  const retyped = ({ quantization: _, ...tensor }: TfliteTensor): TfliteTensor => {
    if (tensor.name === 'axes') return tensor;
    const count = tensor.shape.reduce((product, size) => product * size, 1);
    return { ...tensor, type: 'FLOAT32', ...(tensor.data && { data: new Uint8Array(4 * count) }) };
  };
  return { graphs: graphs.map((graph) => ({ ...graph, tensors: graph.tensors.map(retyped) })) };
}

describe('a float network as it would be in integers', () => {
  it.each([
    ['mobilenetv2', mobilenetV2()],
    ['resnet50', resnet50()],
  ])('%s takes what its quantized twin takes', (_name, quantized) => {
    const floats = inFloats(quantized);
    expect([hasIntegers(floats), hasIntegers(quantized)]).toEqual([false, true]);
    expect(estimateEdgeTpu(floats).onTpu).toBe(0);
    const { onTpu, onCpu, parameterBytes, cacheBytes } = estimateEdgeTpu(asIntegers(floats));
    expect({ onTpu, onCpu, parameterBytes, cacheBytes }).toEqual({
      onTpu: quantized.graphs[0]!.operators.length,
      onCpu: 0,
      parameterBytes: estimateEdgeTpu(quantized).parameterBytes,
      cacheBytes: estimateEdgeTpu(quantized).cacheBytes,
    });
  });

  it('has constants with their zeros, wherever they lie in memory, and everything else as it was', () => {
    const floats = new Uint8Array(Float32Array.of(7, 0, -2.5, -0).buffer, 4, 12);
    const tensors: TfliteTensor[] = [
      { name: 'image', shape: [1, 3], type: 'FLOAT32' },
      { name: 'added', shape: [3], type: 'FLOAT32', data: floats },
      { name: 'axes', shape: [1], type: 'INT32', data: new Uint8Array(4) },
    ];
    const model = { graphs: [{ tensors, operators: [], inputs: [0], outputs: [0] }] };
    const [image, added, axes] = asIntegers(model).graphs[0]!.tensors;
    expect(image).toEqual({ name: 'image', shape: [1, 3], type: 'INT8' });
    expect(added).toMatchObject({ type: 'INT8', data: Uint8Array.of(0, 1, 0) });
    expect(axes).toBe(tensors[2]);
    expect(hasIntegers({ graphs: [] })).toBe(false);
  });
});
