import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { builtFile } from '../files/built-file';
import type { EnergyFile, EnergySensor } from './energy-sensor';
import { PowerIntegral, type PowerLook, type PowerOrder } from './power-integral';

/** Of one number of the kernel's: joules since it was opened. */
interface Gauge {
  /** NaN from the moment on that it cannot be read. */
  joules(): number;
  /** Absent: it tells at once. */
  started?(): Promise<void>;
  close(): void;
}

/**
 * Joules since it was opened, of all files of a sensor together. Counters are read when asked, which takes some microseconds; what tells its power only is
 * looked at by a thread all the while, since inferences block this one.
 */
export class EnergyMeter {
  private constructor(
    readonly sensor: EnergySensor,
    private readonly gauges: readonly Gauge[],
  ) {}

  /** Throws what `fs.openSync` throws. */
  static async open(sensor: EnergySensor): Promise<EnergyMeter> {
    const gauges: Gauge[] = [];
    try {
      for (const file of sensor.files)
        gauges.push(file.kind === 'power' ? new PowerGauge(file, sensor.updateMs) : new CounterGauge(file));
      for (const gauge of gauges) await gauge.started?.();
      return new EnergyMeter(sensor, gauges);
    } catch (error) {
      for (const gauge of gauges) gauge.close();
      throw error;
    }
  }

  joules(): number {
    return this.gauges.reduce((sum, gauge) => sum + gauge.joules(), 0);
  }

  close(): void {
    for (const gauge of this.gauges) gauge.close();
  }
}

/** Attributes of sysfs are made anew by every read from their beginning. */
class NumberFile {
  private readonly descriptor: number;
  private readonly buffer = Buffer.alloc(32);

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
  }

  /** NaN where it cannot be read. */
  read(): number {
    try {
      const text = this.buffer.toString('latin1', 0, readSync(this.descriptor, this.buffer, 0, 32, 0)).trim();
      return text === '' ? NaN : Number(text);
    } catch {
      return NaN;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

class CounterGauge implements Gauge {
  private readonly number: NumberFile;
  private readonly voltage: NumberFile | undefined;
  private sum = 0;
  private last: { number: number; volts: number };

  constructor(private readonly file: EnergyFile) {
    this.number = new NumberFile(file.path);
    this.voltage = file.voltagePath === undefined ? undefined : new NumberFile(file.voltagePath);
    this.last = this.read();
  }

  joules(): number {
    const now = this.read();
    const { isRemainder = false, range, unit } = this.file;
    const difference = (now.number - this.last.number) * (isRemainder ? -1 : 1);
    // A counter that went back has come to its end once; windows are far shorter than what it takes to get there.
    const passed = difference < 0 && range !== undefined ? difference + range : difference;
    // The voltage falls under load: it weighs the charge that flowed, not the charge that is left.
    const volts = (now.volts + this.last.volts) / 2;
    this.sum += passed * unit * volts;
    this.last = now;
    return this.sum;
  }

  close(): void {
    this.number.close();
    this.voltage?.close();
  }

  private read(): { number: number; volts: number } {
    return { number: this.number.read(), volts: this.voltage ? this.voltage.read() * 1e-6 : 1 };
  }
}

/** Longest wait for the first look of the thread, ms. */
const startMs = 5000;

class PowerGauge implements Gauge {
  private readonly looks: MessagePort;
  private readonly thread: Worker;
  private readonly integral: PowerIntegral;

  constructor({ path, unit }: EnergyFile, updateMs: number) {
    new NumberFile(path).close();
    const { port1, port2 } = new MessageChannel();
    const workerData: PowerOrder = { path, unit, everyMs: updateMs, port: port2 };
    this.looks = port1;
    this.integral = new PowerIntegral(updateMs);
    this.thread = new Worker(builtFile('power-thread.js'), { workerData, transferList: [port2] });
    // Without looks there is no energy: that is how a thread that fails is known.
    this.thread.on('error', () => undefined);
    this.thread.unref();
  }

  /** Waits until the thread has looked once. */
  async started(): Promise<void> {
    const end = performance.now() + startMs;
    while (Number.isNaN(this.joules()) && performance.now() < end) await setTimeout(1);
  }

  joules(): number {
    for (let look; (look = receiveMessageOnPort(this.looks)) !== undefined;)
      this.integral.add(look.message as PowerLook);
    return this.integral.joulesAt(performance.timeOrigin + performance.now());
  }

  close(): void {
    this.looks.close();
    void this.thread.terminate();
  }
}
