import { z } from 'zod';
import type { FormatInfo } from '@shared/runtime-info';
import { formats } from './registry';

/** The formats that deployments are written in, for forms. */
export function describeFormats(): FormatInfo[] {
  return formats.map(({ id, options, estimate }) => ({
    id,
    optionsSchema: z.toJSONSchema(options, { io: 'input' }),
    hasEstimate: estimate !== undefined,
  }));
}
