import type { HeldOutAccuracy } from './held-out-answers';

export interface Round {
  /** How much was gone. */
  amount: number;
  accuracy: HeldOutAccuracy;
  /** Percentage points below the float network. */
  drop: number;
}

/** Where rounds of compression stand. */
export interface RoundsStanding {
  rounds: Round[];
  /** The file of the network that the last of them left; absent before there is one. */
  network: Uint8Array | undefined;
  /** What the training of the round at hand saved. */
  training: Uint8Array | undefined;
}

interface Header {
  rounds: Round[];
  networkBytes: number;
  trainingBytes: number;
}

/** The length of a header, the header as JSON, and the bytes of network and training. */
export function encodeRounds({ rounds, network, training }: RoundsStanding): Uint8Array {
  const [networkBytes, trainingBytes] = [network?.length ?? 0, training?.length ?? 0];
  const header = new TextEncoder().encode(JSON.stringify({ rounds, networkBytes, trainingBytes } satisfies Header));
  const bytes = new Uint8Array(4 + header.length + networkBytes + trainingBytes);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  if (network) bytes.set(network, 4 + header.length);
  if (training) bytes.set(training, 4 + header.length + networkBytes);
  return bytes;
}

/** Reads what `encodeRounds` wrote; undefined where there is more or less of it. */
export function decodeRounds(bytes: Uint8Array): RoundsStanding | undefined {
  if (bytes.length < 4) return undefined;
  const begin = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (bytes.length < begin) return undefined;
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, begin))) as Header;
  const middle = begin + header.networkBytes;
  if (bytes.length !== middle + header.trainingBytes) return undefined;
  const part = (from: number, to: number): Uint8Array | undefined =>
    to > from ? new Uint8Array(bytes.subarray(from, to)) : undefined;
  return { rounds: header.rounds, network: part(begin, middle), training: part(middle, bytes.length) };
}
