import { version } from '../../../package.json';

export const whittleVersion: string = version;
