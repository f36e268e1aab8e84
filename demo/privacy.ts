/** Shows what a private link protects in the language that this browser's person reads; without it the page is English. */
import { languageTag, spokenLocale } from './locale.ts'

const tag = languageTag(spokenLocale(navigator.languages))
document.documentElement.lang = tag
for (const section of document.querySelectorAll<HTMLElement>('main > [lang]')) {
  section.hidden = section.lang !== tag
  if (!section.hidden) document.title = `Shoal – ${section.querySelector('h2')?.textContent}`
}
