/** The language that this browser's person reads, chosen once. */
import { type Language, languageFor } from './language.ts'

export const language: Language = await languageFor(navigator.languages)
