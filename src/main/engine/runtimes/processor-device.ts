import { findLibrary, type NativeLibrary } from './locate-library';
import type { RuntimeDevice } from './runtime';

/** The processor as the one device of a runtime; where the library is missing, what to do. */
export function processorOf(library: NativeLibrary): RuntimeDevice {
  const cpu = { id: 'cpu', title: 'CPU' };
  if (findLibrary(library)) return cpu;
  return { ...cpu, problem: `${library.title} is not here; ${library.remedy.replace(/\.$/, '')}` };
}
