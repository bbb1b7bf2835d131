import { disturbanceText } from '../disturbance';
import { differenceText, type Rule } from './evidence';

/** Other work moves single sessions, and the interval widens; the ratio itself is measured side by side. */
export const disturbedTime: Rule = {
  id: 'disturbed-time',
  shownIn: 'time-ratio',
  explain({ latency, time }) {
    const disturbed = disturbanceText(latency?.disturbance);
    if (!disturbed || time?.verdict !== 'unclear') return undefined;
    return `The measurement was ${disturbed}. That may be why the time ${differenceText(time)} is not clear: measure it again while nothing else runs.`;
  },
};
