import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '@shared/errors';
import { describeCoral } from '../coral/describe-coral';
import { compiledForNewer, edgeTpuVersionText } from '../coral/edgetpu-version';
import { readExecutablePackage } from '../coral/executable-package';
import { listUsb } from '../coral/list-usb';
import { findCorals } from '../coral/find-corals';
import {
  askEdgeTpuVersion,
  checkedVersion,
  edgetpuFunctions,
  type EdgeTpuDevice,
  type EdgeTpuFunctions,
} from './edgetpu-library';
import { findLibrary } from './locate-library';
import { edgetpuLibrary, tfliteLibrary } from './native-libraries';
import { asReason, missingReason } from './processor-device';
import type { Runtime, RuntimeDevice } from './runtime';
import { openInterpreter } from './tflite-interpreter';
import { tfliteFunctions, tfliteVersion, type Pointer } from './tflite-library';
import { TfliteSession } from './tflite-session';

/** How long a Coral that starts with this use may take to come back as another device. */
const startMs = 10_000;
const startIntervalMs = 250;

/**
 * A Coral: libedgetpu as a delegate of TensorFlow Lite's interpreter, for files that edgetpu_compiler made. What that left to the CPU runs on the built-in
 * kernels. The first inference uploads the weights. libedgetpu ends the process when a device stops answering, so sessions live in workers.
 */
export const edgetpu: Runtime = {
  id: 'edgetpu',
  title: 'Edge TPU (Coral)',
  format: 'edgetpu',
  floatsIn: 'tflite',
  sharesWeightMemory: true,
  library: edgetpuLibrary,
  options: z.strictObject({
    performance: z
      .enum(['low', 'medium', 'high', 'max'])
      .default('max')
      .describe('clock of the device; at "max" it gets hot: at most 25 degrees around it, 35 at "low"'),
  }),
  version() {
    const tflite = tfliteVersion();
    return `${edgeTpuVersionText(checkedVersion(askEdgeTpuVersion(), tflite))} in TensorFlow Lite ${tflite}`;
  },
  devices: listDevices,
  async open(model, { threads, device: id = 'usb:0', options = {} }) {
    const path = typeof model === 'string' ? model : 'the model';
    const library = edgetpuFunctions();
    const found = { path: library.path, version: library.version() };
    const version = checkedVersion(found, tfliteFunctions().version());
    const bytes = typeof model === 'string' ? await readFile(model) : model;
    const program = readExecutablePackage(bytes, path);
    if (!program) throw new AppError('coral.not-compiled', { path });
    const newer = compiledForNewer(version, program.minimumRuntime, path);
    if (newer) throw newer;

    const { performance = 'max' } = options as { performance?: string };
    const { device, delegate } = await openDevice(library, id, {
      Performance: performance.charAt(0).toUpperCase() + performance.slice(1),
    });
    const opened = openInterpreter(model, threads, { pointer: delegate, free: library.freeDelegate });
    if (!(opened instanceof TfliteSession))
      throw new AppError('coral.failed', { path, device: device.path, detail: opened });
    opened.notes.push(await placeText(device.path, performance, version.isStandIn));
    return opened;
  },
};

/** Where and how it ran: answers do not depend on it, times do. */
async function placeText(path: string, performance: string, isStandIn: boolean): Promise<string> {
  const usb = await listUsb();
  const speed =
    'records' in usb ? findCorals(usb.records).find(({ port }) => path.endsWith(`/${port}`))?.speed : undefined;
  const at = speed === undefined ? '' : ` at USB's ${speed} speed`;
  return `Ran on ${path}${at}, performance ${performance}${isStandIn ? ': a stand-in on the CPU, not an Edge TPU' : ''}.`;
}

/** The Corals on USB. The library lists the same ones in the same order, but only within a worker: it may end its process. */
async function listDevices(): Promise<RuntimeDevice[]> {
  const missing = [edgetpuLibrary, tfliteLibrary].find((library) => !findLibrary(library));
  const usb = await listUsb();
  const status = describeCoral({ platform: process.platform, usb });
  const problem = missing && missingReason(missing);
  if (status.devices.length === 0) {
    const absent = asReason(('problem' in usb ? status.advice : undefined) ?? new AppError('coral.no-device').message);
    return [{ id: 'usb:0', title: 'USB', problem: problem ?? absent }];
  }
  return status.devices.map(({ id, port, state, speed }) => {
    const forbidden = state === 'forbidden' ? asReason(new AppError('coral.forbidden', { port }).message) : undefined;
    const reason = problem ?? forbidden;
    const link = speed === undefined || state === 'waiting' ? undefined : `${speed} speed`;
    const title = [`Coral at ${port}`, link].filter(Boolean).join(', ');
    return { id, title, ...(link && { link }), ...(reason !== undefined && { problem: reason }) };
  });
}

/**
 * Opens the device that a target names. A Coral that this starts is gone for some seconds and comes back at another place: it is looked for and opened again.
 * Throws `coral.no-device` and `coral.not-opened`.
 */
async function openDevice(
  library: EdgeTpuFunctions,
  id: string,
  options: Record<string, string>,
): Promise<{ device: EdgeTpuDevice; delegate: Pointer }> {
  const index = Number(/^usb:(\d{1,3})$/.exec(id)?.[1] ?? NaN);
  const until = Date.now() + startMs;
  let isStarting = false;
  for (;;) {
    const devices = library.listDevices().filter(({ connection }) => connection === 'usb');
    const device = devices[index];
    const delegate = device ? library.createDelegate(device, options) : null;
    if (device && delegate !== null) return { device, delegate };
    isStarting ||= await isOneWaiting();
    if (!isStarting || Date.now() > until) {
      if (device) throw new AppError('coral.not-opened', { device: device.path });
      throw new AppError('coral.no-device', {
        device: id,
        found: devices.map(({ path }) => path).join(', ') || 'none',
      });
    }
    await sleep(startIntervalMs);
  }
}

async function isOneWaiting(): Promise<boolean> {
  const usb = await listUsb();
  return 'records' in usb && findCorals(usb.records).some(({ state }) => state === 'waiting');
}
