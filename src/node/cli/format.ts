/** Quantities in words, for the command line. Decimal units, as disks and networks are sold. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `1234567` → `1.2 MB`. Three digits at most, so that columns stay narrow. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  // 999.5 would be rounded to four digits.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** `1234567` → `1.2 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** Milliseconds → `45 s`, `3 min`, `2 h 10 min`, `3 days`. Empty when there is nothing to say (Infinity, NaN). */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return ''
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.round(hours / 24)} days`
}

/** `0.4312` → `43 %`. Says 100 only when it is done. */
export function formatPercent(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`
}

/** `1, 'peer'` → `1 peer`; `2, 'peer'` → `2 peers`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** A bar of `width` columns. ASCII, for it has to survive every terminal and log. */
export function formatBar(share: number, width: number): string {
  const inside = Math.max(1, width - 2)
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * inside)
  const head = filled > 0 && filled < inside ? '>' : ''
  return `[${'='.repeat(filled - head.length)}${head}${' '.repeat(inside - filled)}]`
}
