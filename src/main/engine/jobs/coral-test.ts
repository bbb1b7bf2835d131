import type { CoralTestResult } from '@shared/coral';
import { createRandom } from '../compression/algebra/random';
import { edgetpu } from '../runtimes/edgetpu';
import type { RuntimeTensor, Session } from '../runtimes/runtime';
import { bytesOf, memoryFor } from '../runtimes/tensor-memory';
import { tflite } from '../runtimes/tflite';
import type { CoralTestJob } from './job';

/** Enough for a median, and short on the slowest port. */
const runs = 50;

/**
 * Runs a compiled file on a Coral with one seeded input: the first inference, those after it, whether answers repeat, and where the file that was compiled is
 * given, in how many codes the processor answers otherwise.
 */
export async function coralTest({ modelPath, twinPath, device }: CoralTestJob): Promise<CoralTestResult> {
  const version = edgetpu.version();
  const session = await edgetpu.open(modelPath, { threads: 1, device, options: { performance: 'high' } });
  try {
    const feeds = seededFeeds(session);
    const times: number[] = [];
    let first: Uint8Array | undefined;
    let differing = 0;
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      const results = await session.run(feeds);
      times.push(performance.now() - start);
      const codes = answerOf(session, results);
      first ??= codes;
      if (!Buffer.from(codes).equals(Buffer.from(first))) differing++;
    }
    const [firstMs = NaN, ...others] = times;
    const sorted = others.sort((one, other) => one - other);
    return {
      device,
      version,
      notes: [...(session.notes ?? [])],
      runs,
      firstMs,
      medianMs: sorted[sorted.length >> 1]!,
      worstMs: sorted.at(-1)!,
      unrepeated: differing,
      ...(twinPath === undefined ? {} : { twin: await compareWithTwin(twinPath, feeds, first!) }),
    };
  } finally {
    await session.close();
  }
}

async function compareWithTwin(
  twinPath: string,
  feeds: Record<string, RuntimeTensor>,
  codes: Uint8Array,
): Promise<NonNullable<CoralTestResult['twin']>> {
  const twin = await tflite.open(twinPath, { threads: 1, options: { xnnpack: false } });
  try {
    const [given] = Object.values(feeds);
    const other = answerOf(twin, await twin.run({ [twin.inputNames[0]!]: given! }));
    const differences = codes.map((code, at) => Math.abs(code - (other[at] ?? 0)));
    return {
      codes: codes.length,
      different: differences.filter((difference) => difference > 0).length,
      largest: differences.reduce((most, difference) => Math.max(most, difference), 0),
    };
  } finally {
    await twin.close();
  }
}

function seededFeeds(session: Session): Record<string, RuntimeTensor> {
  const random = createRandom('coral test');
  return Object.fromEntries(
    session.inputNames.map((name) => {
      const tensor = memoryFor(session.inputs[name]!)!;
      const bytes = bytesOf(tensor.data);
      for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(256 * random());
      return [name, tensor];
    }),
  );
}

/** The bytes of the first output, a copy. */
const answerOf = (session: Session, results: Record<string, RuntimeTensor>): Uint8Array =>
  Uint8Array.from(bytesOf(results[session.outputNames[0]!]!.data));
