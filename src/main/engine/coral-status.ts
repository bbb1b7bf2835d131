import type { CoralStatus } from '@shared/coral';
import { toAppError } from '@shared/errors';
import { describeCoral, type CoralFacts } from './coral/describe-coral';
import { findCorals } from './coral/find-corals';
import { listUsb } from './coral/list-usb';
import { watchUsb } from './coral/watch-usb';
import { askEdgeTpuVersion } from './runtimes/edgetpu-library';
import { findLibrary } from './runtimes/locate-library';
import { edgetpuLibrary } from './runtimes/native-libraries';
import { tfliteVersion } from './runtimes/tflite-library';

/** What is plugged in and what is missing. The libraries are loaded only where there is a Coral, or where `always` asks for it. */
export async function coralFacts({ always = false } = {}): Promise<CoralFacts> {
  const usb = await listUsb();
  const { platform } = process;
  if (!always && !('records' in usb && findCorals(usb.records).length > 0)) return { platform, usb };
  return { platform, usb, library: libraryFacts(), tflite: tfliteFound() };
}

/** Tells the state now and whenever something is plugged in or pulled out. Returns what ends it. */
export async function announceCorals(announce: (status: CoralStatus) => void): Promise<() => void> {
  let latest = 0;
  const look = async (): Promise<void> => {
    const turn = ++latest;
    const status = describeCoral(await coralFacts());
    // A look that took longer than the next one tells of the past.
    if (turn === latest) announce(status);
  };
  const stop = await watchUsb(() => void look());
  await look();
  return stop;
}

function libraryFacts(): CoralFacts['library'] {
  const path = findLibrary(edgetpuLibrary)?.path;
  if (path === undefined) return undefined;
  try {
    return askEdgeTpuVersion();
  } catch (thrown) {
    return { path, problem: String(toAppError(thrown).facts.detail) };
  }
}

function tfliteFound(): string | undefined {
  try {
    return tfliteVersion();
  } catch {
    return undefined;
  }
}
