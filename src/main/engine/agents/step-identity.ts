import { version } from '../../../../package.json';
import { stepKey } from '../jobs/step-key';
import { stepVersions } from '../jobs/step-versions';
import { formats } from '../formats/registry';
import { techniques } from '../techniques/registry';
import { protocolVersion } from './protocol';

/** Equal where the same key stands for the same work: of Whittles that differ in it, none does steps for the other. */
export const stepIdentity: string = stepKey(
  'steps',
  protocolVersion,
  stepVersions,
  techniques.map(({ id, version }) => [id, version]),
  formats.map(({ id, version }) => [id, version]),
).slice(0, 16);

/** Of Whittle, for people. */
export const ownVersion: string = version;
