import { perform } from '../../../src/main/engine/jobs/perform';
import { serveJob } from '../../../src/main/engine/serve-job';

/** How often it saves before it waits for its end; absent: it is left alone. */
const lastSave = Number(process.env['WHITTLE_TEST_SAVES'] ?? Infinity);

/** The worker as it is, but that it saves whenever it may, and says who it is: somebody is after it. */
serveJob((job, report) => {
  const { checkpoint } = report;
  report.log(`process ${process.pid}`);
  let saves = 0;
  const eager = {
    async save(bytes: Uint8Array) {
      await checkpoint.save(bytes);
      if (++saves === lastSave) await new Promise(() => undefined);
    },
    latest: () => checkpoint.latest(),
    everyMs: 0,
  };
  return perform(job, { ...report, checkpoint: eager });
});
