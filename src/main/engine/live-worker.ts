import { serveSide } from './live/serve-side';

/** Entry of the process of one side of Live. */
serveSide();
