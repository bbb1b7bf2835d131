import { RunLock } from '../../../src/main/engine/store/run-lock';

/** A process that takes the run lock of a folder and holds it until it is killed, or says why it cannot. */
try {
  RunLock.acquire(process.argv[2]!);
  process.stdout.write('locked\n');
  setInterval(() => undefined, 60_000);
} catch (thrown) {
  process.stdout.write(`${(thrown as Error).message}\n`);
}
