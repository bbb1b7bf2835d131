import type { CoralDevice, CoralStatus } from '@shared/coral';
import { AppError } from '@shared/errors';
import { parseEdgeTpuVersion, delegateProblem } from './edgetpu-version';
import { findCorals } from './find-corals';
import type { UsbListing } from './list-usb';
import { libraryHint, udevCommands } from './remedies';

export interface CoralFacts {
  platform: NodeJS.Platform;
  usb: UsbListing;
  /** libedgetpu as it was found, with what `edgetpu_version()` gave; or why it cannot be loaded; absent: found nowhere. */
  library?: { path: string; version: string } | { path: string; problem: string };
  /** Version of the TensorFlow Lite library that it becomes a delegate of; absent: there is none. */
  tflite?: string;
}

/** What is plugged in, whether it can be used, and what to do where it cannot. One answer for each combination of facts, the gravest first. */
export function describeCoral(facts: CoralFacts): CoralStatus {
  const { usb, library, platform } = facts;
  if ('problem' in usb) {
    const problem = new AppError('coral.usb-unavailable', { detail: usb.problem });
    return {
      state: 'unknown',
      title: 'USB cannot be looked at',
      advice: problem.message,
      devices: [],
      isStandIn: false,
    };
  }
  const devices = findCorals(usb.records);
  const isStandIn = usb.isStandIn || isStandInLibrary(library);
  const common = { devices, isStandIn, title: titleOf(devices, isStandIn) };
  if (devices.length === 0) return { ...common, state: 'absent' };

  const forbidden = devices.find(({ state }) => state === 'forbidden');
  const isAllForbidden = devices.every(({ state }) => state === 'forbidden');
  const missing = isAllForbidden ? undefined : libraryProblem(library, facts.tflite, platform);
  if (missing) return { ...common, state: 'blocked', advice: missing.message };
  if (forbidden) {
    const advice = new AppError('coral.forbidden', { port: forbidden.port }).message;
    const remedy = { label: 'Copy the udev rule', text: udevCommands };
    return { ...common, state: isAllForbidden ? 'blocked' : 'attention', advice, remedy };
  }
  const limited = devices.find(({ state }) => state === 'slow') ?? devices.find(({ state }) => state === 'waiting');
  if (!limited) return { ...common, state: 'ready' };
  const { port, behindHub } = limited;
  const limit =
    limited.state === 'slow'
      ? new AppError('coral.slow', { port, hub: behindHub ? 'a hub' : undefined })
      : new AppError('coral.waiting', { port });
  return { ...common, state: limited.state === 'slow' ? 'attention' : 'ready', advice: limit.message };
}

const isStandInLibrary = (library: CoralFacts['library']): boolean =>
  library !== undefined && 'version' in library && parseEdgeTpuVersion(library.version)?.isStandIn === true;

function libraryProblem(
  library: CoralFacts['library'],
  tflite: string | undefined,
  platform: NodeJS.Platform,
): AppError | undefined {
  if (!library) return new AppError('coral.library-missing', { hint: libraryHint(platform) });
  if ('problem' in library)
    return new AppError('coral.library-unloadable', { path: library.path, detail: library.problem });
  if (tflite === undefined) return new AppError('coral.tflite-missing');
  return delegateProblem(library.version, tflite, library.path, platform);
}

const stateTexts: Record<CoralDevice['state'], string> = {
  ready: 'ready',
  slow: 'ready, USB 2',
  waiting: 'waits for its first use',
  forbidden: 'may not be opened',
};

/** "Coral at 2-1, ready (USB 3)": one line whatever is plugged in. */
function titleOf(devices: readonly CoralDevice[], isStandIn: boolean): string {
  const name = isStandIn ? 'Coral stand-in' : 'Coral';
  const [first, ...others] = devices;
  if (!first) return isStandIn ? 'No Coral (stand-in listing)' : 'No Coral is plugged in';
  const of = ({ port, state, speed, behindHub }: CoralDevice): string =>
    `${port}, ${stateTexts[state]}${state === 'ready' && speed ? ' (USB 3)' : ''}${behindHub ? ', behind a hub' : ''}`;
  return others.length === 0
    ? `${name} at ${of(first)}`
    : `${devices.length} ${name === 'Coral' ? 'Corals' : 'Coral stand-ins'}: ${devices.map(of).join('; ')}`;
}
