/** A language of the page: its strings with their values put in, and quantities as its readers write them. Pure. */
import { formatBytes, formatPercent } from './format.ts'
import { languageTag, spokenLocale } from './locale.ts'
import { ENGLISH, type StringKey, type Strings, type Text } from './strings/english.ts'

export interface Language {
  /** For `<html lang>`. */
  readonly tag: string
  /** A string with its values; numbers among them are formatted, and `n` chooses the form. */
  say(key: StringKey, values?: Readonly<Record<string, string | number>>): string
  /** `1234567` → `1.2 MB`. */
  bytes(bytes: number): string
  /** `1234567` → `1.2 MB/s`. */
  rate(bytesPerSecond: number): string
  /** `0.4312` → `43 %`. 100 only when it is done. */
  percent(share: number): string
  /** Milliseconds → `about 45 s`. Empty when nobody knows. Coarse, so that it does not flicker. */
  remaining(milliseconds: number): string
}

/** English comes with the page; others are fetched by those who read them. */
const OTHERS: Readonly<Record<string, () => Promise<Strings>>> = {
  de: async () => (await import('./strings/german.ts')).GERMAN,
}

/** The first of the preferred languages that the page speaks, with that reader's own digits; else English. */
export async function languageFor(preferred: readonly string[]): Promise<Language> {
  const locale = spokenLocale(preferred)
  const tag = languageTag(locale)
  const strings = await OTHERS[tag]?.().catch(() => undefined)
  return strings === undefined ? languageOf('en', locale, ENGLISH) : languageOf(tag, locale, strings)
}

/** Says strings, these or those of a page of its own, as `Language` does. */
export function sayer<Key extends string>(
  strings: Readonly<Record<Key, Text>>,
  locale: string,
): (key: Key, values?: Readonly<Record<string, string | number>>) => string {
  const plural = new Intl.PluralRules(locale)
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })

  return (key, values = {}) => {
    const text = strings[key]
    const form = typeof text === 'string' ? text : plural.select(Number(values.n)) === 'one' ? text.one : text.other
    return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name]
      return value === undefined ? whole : typeof value === 'number' ? numbers.format(value) : value
    })
  }
}

function languageOf(tag: string, locale: string, strings: Strings): Language {
  const say = sayer(strings, locale)
  const bytes = (count: number): string => formatBytes(count, locale)

  return {
    tag,
    say,
    bytes,
    rate: bytesPerSecond => `${bytes(bytesPerSecond)}/s`,
    percent: formatPercent,
    remaining(milliseconds) {
      if (!Number.isFinite(milliseconds)) return ''
      const seconds = Math.max(1, Math.round(milliseconds / 1000))
      if (seconds < 10) return say('fewSeconds')
      if (seconds < 60) return say('aboutSeconds', { n: Math.round(seconds / 5) * 5 })
      const minutes = Math.round(seconds / 60)
      if (minutes < 90) return say('aboutMinutes', { n: minutes })
      const hours = Math.round(minutes / 60)
      return hours < 48 ? say('aboutHours', { n: hours }) : say('aboutDays', { n: Math.round(hours / 24) })
    },
  }
}
