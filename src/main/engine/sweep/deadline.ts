/**
 * The next moment after `from` at which local clocks show `timeOfDay`, milliseconds since 1970. Where clocks are put forward past it, the moment
 * at which they would have shown it.
 * @param timeOfDay "07:00"
 */
export function nextTimeOfDay(timeOfDay: string, from: number): number {
  const [hours, minutes] = timeOfDay.split(':').map(Number) as [number, number];
  const at = new Date(from);
  at.setHours(hours, minutes, 0, 0);
  if (at.getTime() <= from) {
    at.setDate(at.getDate() + 1);
    at.setHours(hours, minutes, 0, 0);
  }
  return at.getTime();
}
