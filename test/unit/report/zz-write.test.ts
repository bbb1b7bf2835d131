import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { htmlReport } from '../../../src/main/engine/report/html';
import { matrixText } from '../../../src/cli/matrix-text';
import { largeRun } from './large-run';
it('writes', () => {
  writeFileSync('/tmp/w-present-page.html', htmlReport(largeRun()));
  writeFileSync('/tmp/w-present-matrix.txt', matrixText(largeRun()));
});
