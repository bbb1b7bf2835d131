/** Calls `act` at most once in `intervalMs`, always with the newest value; null (the end) goes through at once. */
export function throttle<T>(intervalMs: number, act: (value: T) => void): (value: T) => void {
  let timer: NodeJS.Timeout | undefined;
  let latest: T;
  let last = 0;
  const fire = (): void => {
    clearTimeout(timer);
    timer = undefined;
    last = Date.now();
    act(latest);
  };
  return (value) => {
    latest = value;
    if (value === null || Date.now() - last >= intervalMs) fire();
    else timer ??= setTimeout(fire, intervalMs - (Date.now() - last));
  };
}
