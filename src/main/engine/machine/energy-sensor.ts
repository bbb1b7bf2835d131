/** One number of the kernel's. What it gives, in joules or watts, is `number * unit`. */
export interface EnergyFile {
  path: string;
  /**
   * `counter`: energy since some time, joules. `charge`: coulombs, that take the voltage beside them to become joules. `power`: watts at the
   * moment, to be integrated.
   */
  kind: 'counter' | 'charge' | 'power';
  unit: number;
  /** What is left, as of a battery: energy spent makes it smaller. */
  isRemainder?: true;
  /** The number after which a counter starts again at 0. */
  range?: number;
  /** Of a charge: a file in microvolts. */
  voltagePath?: string;
}

/** What tells the energy of this machine, or of a part of it. Plain data: another process may open it. */
export interface EnergySensor {
  /** What is counted: ["package-0", "dram"], ["ina226 VDD_IN"], ["battery BAT0"]. */
  domains: string[];
  /** Their sum is what the domains took. */
  files: EnergyFile[];
  /** Whether it sees the processor and its memory alone, or all that draws from it. */
  of: 'processor' | 'machine';
  /** Milliseconds: readings may be so old. */
  updateMs: number;
  /** Joules from one number to the next; 0 where that is nothing beside what passes in `updateMs`. */
  stepJoules: number;
}

/** An update each second or more: rounds have to be long to hold enough of them. */
export const isSlow = ({ updateMs }: Pick<EnergySensor, 'updateMs'>): boolean => updateMs >= 1000;
