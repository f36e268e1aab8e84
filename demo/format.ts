/** Quantities in words, in the reader's own digits. Decimal units, as disks and networks are sold. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `1234567` → `1.2 MB`. @param locale whose digits; default: the reader's own */
export function formatBytes(bytes: number, locale?: string): string {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${UNITS[unit]}`
}

/** `0.4312` → `43 %`. Says 100 only when it is done. */
export function formatPercent(share: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`
}

/** `2, 'file'` → `2 files`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString()} ${noun}${count === 1 ? '' : 's'}`
}
