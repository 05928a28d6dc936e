/** Milliseconds of processor time that `work` takes: on a busy machine it waits longer and works no more. */
export function cpuTimeOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
