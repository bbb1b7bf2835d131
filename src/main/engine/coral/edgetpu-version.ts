import { AppError } from '@shared/errors';

/** What `edgetpu_version()` of libedgetpu tells: "BuildLabel(x), RuntimeVersion(14)". */
export interface EdgeTpuVersion {
  buildLabel: string;
  /** Files name the least one they need. */
  runtimeVersion: number;
  /** Built for tests: it runs no Edge TPU. */
  isStandIn: boolean;
}

/** Files compiled for runtimes before this one are refused by every library, and such libraries by Whittle. */
const leastRuntime = 10;
/**
 * The delegate reaches into structures of TensorFlow Lite by their layout. libedgetpu 16.0 was seen to work up to TensorFlow Lite 2.11.1 on Linux
 * and 2.9.1 on macOS, and to crash the process from 2.12 and 2.10 on (google-coral/libedgetpu issue 53, google-coral/edgetpu issues 666, 812).
 */
const newestTflite = { darwin: [2, 9], others: [2, 11] } as const;

export function parseEdgeTpuVersion(text: string): EdgeTpuVersion | undefined {
  const found = /^BuildLabel\((.*)\), RuntimeVersion\((\d{1,6})\)$/s.exec(text.trim());
  if (!found) return undefined;
  const buildLabel = found[1]!;
  return { buildLabel, runtimeVersion: Number(found[2]), isStandIn: /stand-?in/i.test(buildLabel) };
}

/** As people read it: "runtime 14". */
export const edgeTpuVersionText = ({ runtimeVersion, isStandIn }: EdgeTpuVersion): string =>
  `runtime ${runtimeVersion}${isStandIn ? ' (stand-in, no Edge TPU)' : ''}`;

/**
 * Why a libedgetpu must not become a delegate of this TensorFlow Lite; undefined: it may.
 * @param text what `edgetpu_version()` gave
 * @param tflite version of the TensorFlow Lite library: "2.9.0"
 */
export function delegateProblem(
  text: string,
  tflite: string,
  path: string,
  platform: NodeJS.Platform = process.platform,
): AppError | undefined {
  const version = parseEdgeTpuVersion(text);
  if (!version) return new AppError('coral.library-unknown', { path, found: text.slice(0, 100) });
  if (version.runtimeVersion < leastRuntime)
    return new AppError('coral.runtime-old', { path, found: version.runtimeVersion, least: leastRuntime });
  const [major, minor] = platform === 'darwin' ? newestTflite.darwin : newestTflite.others;
  const [ownMajor = 0, ownMinor = 0] = tflite.split('.').map(Number);
  const isNewer = ownMajor > major || (ownMajor === major && ownMinor > minor);
  return isNewer ? new AppError('coral.tflite-new', { path, tflite, newest: `${major}.${minor}` }) : undefined;
}

/** Why a compiled file cannot run on a libedgetpu; undefined: it can. @param needed least runtime version the file names */
export function compiledForNewer(version: EdgeTpuVersion, needed: number, path: string): AppError | undefined {
  if (needed <= version.runtimeVersion) return undefined;
  return new AppError('coral.runtime-older-than-file', { path, needed, found: version.runtimeVersion });
}
