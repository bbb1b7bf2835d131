import type { Machine } from '@shared/run';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { parseArmCpuName, parseCpuinfo, parseSysctl } from './instruction-sets';

/** Facts of this machine that decide whether two measurements may be compared. Unknown parts stay empty, never guessed. */
export async function machineFacts(): Promise<Machine> {
  const cpuinfo = await text('/proc/cpuinfo');
  const system = platform();
  const known = cpus()[0]?.model.replace(/\s+/g, ' ').trim();
  const cpu = known && known !== 'unknown' ? known : (parseArmCpuName(cpuinfo) ?? `unknown ${arch()}`);
  // Windows has no listing that needs neither a native call nor an extra program, so its list is empty: "not known".
  const isa = system === 'darwin' ? parseSysctl(await sysctlOptional()) : parseCpuinfo(cpuinfo);
  const governor = (await text('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')).trim();
  const cores = availableParallelism();
  return {
    id: machineId({ cpu, isa, system, arch: arch(), cores, governor }),
    platform: system,
    arch: arch(),
    cpu,
    cores,
    memoryBytes: totalmem(),
    isa,
    ...(governor ? { governor } : {}),
  };
}

/** What decides whether measurements may be compared; `governor` is empty where the system has none. */
export interface MachineIdentity {
  cpu: string;
  isa: readonly string[];
  system: string;
  arch: string;
  /** Cores that this process may use. */
  cores: number;
  governor: string;
}

/** Short and stable: equal for machines whose measurements may be compared. */
export function machineId({ cpu, isa, system, arch, cores, governor }: MachineIdentity): string {
  const words = [cpu, [...isa].sort().join(' '), system, arch, cores, governor];
  return createHash('sha256').update(words.join('\n')).digest('hex').slice(0, 12);
}

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

async function sysctlOptional(): Promise<string> {
  try {
    return (await promisify(execFile)('/usr/sbin/sysctl', ['hw.optional'], { timeout: 5000 })).stdout;
  } catch {
    return '';
  }
}
