import { CircleAlert, CircleCheck, Info, TriangleAlert } from '@lucide/vue';

export type Tone = 'info' | 'good' | 'warning' | 'error';

/** The sign that goes with a tone: colour is never the only one. */
export const toneIcon = { info: Info, good: CircleCheck, warning: TriangleAlert, error: CircleAlert } as const;
