import { AppError } from '@shared/errors';
import { CoreSchedule, type Waiting } from './core-schedule';

interface Ticket extends Waiting {
  begin(): void;
  waits?(): void;
}

/** Work that takes its turn on the cores of one machine, in the order that `CoreSchedule` decides. */
export class CoreQueue {
  private readonly schedule: CoreSchedule<Ticket>;
  /** Handed in since the last dispatch. */
  private readonly arrived = new Set<Ticket>();
  private dispatching = false;
  /** Guests before the door, in the order they came. */
  private readonly guests = new Set<() => void>();

  constructor(slots: number) {
    this.schedule = new CoreSchedule<Ticket>(slots);
  }

  /**
   * Does `work` when it is its turn; the core is free again when its promise settles.
   * @param waits called once when the turn does not come at once
   * Throws what `work` throws, and `cancelled` when the signal fires before the turn.
   */
  run<T>(place: Waiting, signal: AbortSignal, work: () => Promise<T>, waits?: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(new AppError('cancelled'));
      const cancel = (): void => {
        if (!this.schedule.withdraw(ticket)) return;
        this.arrived.delete(ticket);
        reject(new AppError('cancelled'));
        this.dispatch();
      };
      const ticket: Ticket = {
        ...place,
        waits,
        begin: () => {
          signal.removeEventListener('abort', cancel);
          work()
            .then(resolve, reject)
            .finally(() => {
              this.schedule.finish(ticket);
              this.dispatch();
            });
        },
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.schedule.add(ticket);
      this.arrived.add(ticket);
      this.dispatch();
    });
  }

  /**
   * Does something short that somebody watches, beside shared jobs, never beside a quiet one.
   * @param waits called once when it may not begin at once
   * Throws what `work` throws, and `cancelled` when the signal fires before it begins.
   */
  async beside<T>(signal: AbortSignal, work: () => Promise<T>, waits?: () => void): Promise<T> {
    if (!this.schedule.enter()) {
      waits?.();
      await this.admission(signal);
    }
    try {
      return await work();
    } finally {
      this.schedule.leave();
      this.dispatch();
    }
  }

  private admission(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new AppError('cancelled'));
      const cancel = (): void => {
        this.guests.delete(admit);
        reject(new AppError('cancelled'));
      };
      const admit = (): void => {
        signal.removeEventListener('abort', cancel);
        resolve();
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.guests.add(admit);
    });
  }

  /** Not at once: whoever gets a result hands in what follows from it first, and takes back what must not begin. */
  private dispatch(): void {
    if (this.dispatching) return;
    this.dispatching = true;
    setImmediate(() => {
      this.dispatching = false;
      for (let ticket = this.schedule.next(); ticket; ticket = this.schedule.next()) {
        this.arrived.delete(ticket);
        ticket.begin();
      }
      for (const ticket of this.arrived) ticket.waits?.();
      this.arrived.clear();
      for (const admit of this.guests) {
        if (!this.schedule.enter()) break;
        this.guests.delete(admit);
        admit();
      }
    });
  }
}
