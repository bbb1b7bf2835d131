import { perform } from '../../../src/main/engine/jobs/perform';
import { serveJob } from '../../../src/main/engine/serve-job';

/** The worker as it is, but that it saves whenever it may, and says who it is: somebody is after it. */
serveJob((job, report) => {
  const { checkpoint } = report;
  report.log(`process ${process.pid}`);
  const eager = {
    save: (bytes: Uint8Array) => checkpoint.save(bytes),
    latest: () => checkpoint.latest(),
    everyMs: 0,
  };
  return perform(job, { ...report, checkpoint: eager });
});
