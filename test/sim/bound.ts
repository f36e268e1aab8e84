/** The physical bound that a distribution is measured against. */
import type { Line } from './link.ts'

/**
 * The least time in ms in which the last of N leeches can have F bytes, whatever the scheduler (Kumar & Ross 2006):
 * max(F/u_s, F/d_min, N·F/(u_s + Σu_i)), with the seeds' uploads as u_s.
 */
export function kumarRossMs(bytes: number, seeds: readonly Line[], leeches: readonly Line[]): number {
  const seedRate = sum(seeds.map(line => line.uploadBytesPerSecond))
  const leechRate = sum(leeches.map(line => line.uploadBytesPerSecond))
  const slowest = Math.min(...leeches.map(line => line.downloadBytesPerSecond))
  return 1000 * Math.max(bytes / seedRate, bytes / slowest, (leeches.length * bytes) / (seedRate + leechRate))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
