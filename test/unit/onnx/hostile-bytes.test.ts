import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { inspectGraph } from '../../../src/main/engine/onnx/inspect-graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { tinyClassifier } from '../../fixtures/graphs';

const good = encodeModel(tinyClassifier());

/** The graph, or the error people are shown; any other throw fails the test. */
function attempt(bytes: Uint8Array): Graph | AppError {
  try {
    return parseModel(bytes, 'bytes');
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
}

function bytesHeld(graph: Graph): number {
  return [...graph.initializers.values()].reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
}

describe('hostile bytes', () => {
  test('every prefix of a model is refused with a sentence', () => {
    for (let length = 0; length < good.length; length++) {
      const result = attempt(good.slice(0, length));
      expect(result, `the first ${length} bytes`).toBeInstanceOf(AppError);
      if (length > 20) expect((result as AppError).code, `the first ${length} bytes`).toBe('model.truncated');
    }
  });

  test('flipped, removed and inserted bytes give a graph no larger than the file, or a sentence', () => {
    const edit = fc.record({
      at: fc.nat(good.length - 1),
      byte: fc.nat(255),
      kind: fc.constantFrom('set', 'remove', 'insert'),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
        const bytes = [...good];
        for (const { at, byte, kind } of edits)
          bytes.splice(at, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [byte]));
        const result = attempt(Uint8Array.from(bytes));
        if (result instanceof AppError) expect(result.message.length).toBeGreaterThan(20);
        else expect(bytesHeld(result)).toBeLessThanOrEqual(bytes.length * 8);
      }),
      { numRuns: 1500, seed: 1 },
    );
  });

  test('what is read after damage can be inspected and simplified, or is refused with a sentence', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(good);
        bytes[at] = byte;
        const graph = attempt(bytes);
        if (graph instanceof AppError) return;
        for (const task of [() => inspectGraph(graph), () => encodeModel(simplify(graph))]) {
          try {
            expect(task()).toBeDefined();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(AppError);
          }
        }
      }),
      { numRuns: 1000, seed: 2 },
    );
  });
});
