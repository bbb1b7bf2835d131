import { litertStatus } from './litert-status';
import type { LitertLibrary, Made, Pointer } from './litert-library';

const cpu = 1;
/** Errors are gathered for whoever asks (LiteRtErrorReporterMode). */
const bufferedErrors = 2;

/**
 * Options of a compiled model on the processor. Sub-options travel as TOML text under the identifier that their owner knows; the library reads
 * the text while it compiles and does not keep it, so it must live until then: `payloads` holds it.
 */
export function litertOptions(
  { functions, keep }: LitertLibrary,
  { threads, kernels }: { threads: number; kernels?: string },
): { options: Pointer; payloads: Uint8Array[] } {
  const made: Made = [null];
  litertStatus(functions.createOptions(made));
  const [options] = made;
  litertStatus(functions.setAccelerators(options, cpu));
  const texts = {
    xnnpack: `num_threads = ${threads}\n${kernels === undefined ? '' : `kernel_mode = "${kernels}"\n`}`,
    runtime_options_string: `error_reporter_mode = ${bufferedErrors}\n`,
  };
  const payloads = Object.entries(texts).map(([identifier, text]) => {
    const payload = Buffer.from(`${text}\0`);
    litertStatus(functions.createOpaqueOptions(identifier, payload, keep, made));
    litertStatus(functions.addOpaqueOptions(options, made[0]));
    return payload;
  });
  return { options, payloads };
}
