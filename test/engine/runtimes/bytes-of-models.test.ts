import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import { storedWeights } from '../../../src/main/engine/formats/tflite/convert/stored-weights';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { litert } from '../../../src/main/engine/runtimes/litert';
import { litertLibrary, tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import type { Runtime, Session } from '../../../src/main/engine/runtimes/runtime';
import { tflite } from '../../../src/main/engine/runtimes/tflite';
import { compressed } from '../../fixtures/compressed-network';
import { needs } from '../../fixtures/native-library';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A session on bytes that nobody else holds. */
async function opened(runtime: Runtime): Promise<{ session?: Session; bytes: WeakRef<Uint8Array> }> {
  const bytes = writeTflite(convertGraph(await storedWeights(await compressed('quantize.weights{bits:8}'))));
  return { session: await runtime.open(bytes, { threads: 1 }), bytes: new WeakRef(bytes) };
}

/** Weak references are looked at again only after the job that made them. */
const nextJob = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each([
  { runtime: litert, ...needs(litertLibrary) },
  { runtime: tflite, ...needs(tfliteLibrary) },
])('the bytes of a model for $runtime.title', ({ runtime, isHere, title }) => {
  it.skipIf(!isHere)(`stay where the library reads them until the session is closed${title}`, async () => {
    const held = await opened(runtime);
    await nextJob();
    collectGarbage();
    expect(held.bytes.deref()).toBeInstanceOf(Uint8Array);
    await held.session?.close();
    delete held.session;
    await nextJob();
    collectGarbage();
    expect(held.bytes.deref()).toBeUndefined();
  });
});
