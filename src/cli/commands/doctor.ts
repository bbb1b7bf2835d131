import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeInfo } from '@shared/runtime-info';
import { formatBytes } from '@shared/format';
import { freeBytes } from '../../main/engine/files/free-space';
import { findEnergySensors } from '../../main/engine/machine/find-energy-sensors';
import { resourcesFolder } from '../../main/engine/starter';
import { listModels } from '../../main/engine/models/model-folder';
import { coralOptions, runCoralDoctor } from '../coral-doctor';
import { doctorFindings } from '../doctor-findings';
import { windowProgram } from '../locate-electron';
import { missingLibraries, needsVirtualScreen } from '../window-libraries';
import type { Command } from '../arguments';
import { openSession } from '../session';

export const doctor: Command = {
  name: 'doctor',
  usage: '',
  summary: 'what this machine has, and what is missing',
  options: coralOptions,
  async run(arguments_) {
    if (arguments_.flag('coral')) return runCoralDoctor(arguments_);
    const engine = await openSession(arguments_);
    try {
      const { machine, workspace } = engine;
      const free = await freeBytes(workspace.folder);
      const writable = await access(workspace.folder, constants.W_OK).then(
        () => true,
        () => false,
      );
      const electron = (await windowProgram())?.[0];
      const info = await engine.info();
      const energy = await findEnergySensors();
      const facts = {
        machine,
        workspace: workspace.folder,
        writable,
        freeBytes: free,
        modelFolder: engine.modelFolder(),
        resources: resourcesFolder(),
        runtimes: info.runtimes,
        electron,
        energy: energy.sensors.map(({ domains }) => domains.join(' + ')),
        info: info.version,
      };
      const found = doctorFindings({
        ...facts,
        models: (await listModels(facts.modelFolder)).models.length,
        starter: existsSync(join(facts.resources, 'starter', 'sweep.yaml')),
        downloads: engine.settings().downloads,
        missingLibraries: await missingLibraries(electron),
        energyProblems: energy.problems,
        needsVirtualScreen: await needsVirtualScreen(),
      });
      if (arguments_.flag('json')) {
        process.stdout.write(`${JSON.stringify({ ...facts, found }, null, 2)}\n`);
        return 0;
      }
      process.stdout.write(
        [
          `Whittle ${facts.info} on Node ${process.versions.node}`,
          `  processor    ${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}`,
          `  instructions ${machine.isa.join(' ') || 'unknown'}`,
          `  governor     ${machine.governor ?? 'unknown'}`,
          ...facts.energy.map((domains, at) => `  ${at === 0 ? 'energy' : '      '}       ${domains}`),
          ...facts.runtimes.map((runtime, at) => `  ${at === 0 ? 'runtimes' : '        '}     ${runtimeLine(runtime)}`),
          `  workspace    ${workspace.folder}${writable ? '' : ' (not writable)'}, ${free === undefined ? 'unknown' : formatBytes(free)} free`,
          `  models       ${facts.modelFolder}`,
          `  window       ${electron ?? 'Electron is not here yet: npm start fetches it'}`,
          '',
          ...(found.length === 0 ? ['Nothing is missing.'] : []),
          ...found.map(({ kind, sentence }) => `${kind === 'missing' ? 'missing' : 'note   '}  ${sentence}`),
          '',
        ].join('\n'),
      );
      return 0;
    } finally {
      engine.close();
    }
  },
};

function runtimeLine({ id, title, version, path, problem, command, devices }: RuntimeInfo): string {
  if (command !== undefined) return `${id}  ${title}: not here (${command})`;
  const usable = devices.map((device) => device.title + (device.problem === undefined ? '' : ` (${device.problem})`));
  const place = path === undefined ? '' : `, ${path}`;
  return `${id}  ${title} ${version ?? 'not usable'}: ${problem ?? usable.join(', ')}${place}`;
}
