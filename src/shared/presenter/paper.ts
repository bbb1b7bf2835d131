/** Paper that reports are printed on, both on their long side. */
export const papers = ['a4', 'letter'] as const;
export type Paper = (typeof papers)[number];
