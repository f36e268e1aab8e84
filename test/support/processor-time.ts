/** Milliseconds of the processor that this process took for it: unlike time by the clock, no other work makes it longer. */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
