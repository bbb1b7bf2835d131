import { runtimes } from '../main/engine/runtimes/registry';

const byFormat = [...new Set(runtimes.map(({ format }) => format))].map((format) => {
  const ids = runtimes.filter((runtime) => runtime.format === format).map(({ id }) => id);
  return `${ids.join(', ')} (.${format})`;
});

/** Of the options that name a runtime. */
export const runtimeHelp = `${byFormat.join('; ')}; the first that can be used where none is named`;
