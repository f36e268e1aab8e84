/** Quantities in words, in the reader's own digits. Decimal units, as disks and networks are sold. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `1234567` → `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit]}`
}

/** `1234567` → `1.2 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** Milliseconds → `about 45 s`, `about 3 min`. Empty when nobody knows. Coarse, so that it does not flicker. */
export function formatRemaining(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return ''
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  if (seconds < 10) return 'a few seconds'
  if (seconds < 60) return `about ${Math.round(seconds / 5) * 5} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `about ${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `about ${hours} h` : `about ${Math.round(hours / 24)} days`
}

/** `0.4312` → `43 %`. Says 100 only when it is done. */
export function formatPercent(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`
}

/** `2, 'file'` → `2 files`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString()} ${noun}${count === 1 ? '' : 's'}`
}
