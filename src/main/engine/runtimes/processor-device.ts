import { findLibrary, type NativeLibrary } from './locate-library';
import type { RuntimeDevice } from './runtime';

/** The processor as the one device of a runtime; where the library is missing, what to do. */
export function processorOf(library: NativeLibrary): RuntimeDevice {
  const cpu = { id: 'cpu', title: 'CPU' };
  if (findLibrary(library)) return cpu;
  return { ...cpu, problem: missingReason(library) };
}

/** Why a device cannot be used, where its library is missing. */
export const missingReason = ({ title, remedy }: NativeLibrary): string => asReason(`${title} is not here. ${remedy}`);

/** A sentence to stand within another. */
export const asReason = (sentence: string): string => sentence.replace(/\.$/, '');
