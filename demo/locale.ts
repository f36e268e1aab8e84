/** Which of the page's languages somebody reads. Pure. */

/** Languages that the page speaks. */
export const SPOKEN = ['en', 'de'] as const

/** `de-AT` → `de`. */
export function languageTag(locale: string): string {
  return locale.split('-', 1)[0]?.toLowerCase() ?? ''
}

/** The first of the preferred locales whose language the page speaks; else English. */
export function spokenLocale(preferred: readonly string[]): string {
  return preferred.find(locale => SPOKEN.some(tag => tag === languageTag(locale))) ?? 'en'
}
