import type { LiveSideInfo } from '@shared/live/session';

/** A class in full: "golden retriever, goldie"; "class 7" where nobody names it. */
export const fullClassName = ({ classNames }: Pick<LiveSideInfo, 'classNames'>, index: number): string =>
  classNames?.[index] ?? `class ${index}`;

/** The first of its names will do. */
export const shortClassName = (info: Pick<LiveSideInfo, 'classNames'>, index: number): string =>
  fullClassName(info, index).split(',')[0]!;
