import { perform } from './jobs/perform';
import { serveJob } from './serve-job';

/** Entry of a worker process. */
serveJob(perform);
