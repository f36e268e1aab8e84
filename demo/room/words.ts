/** The words of the page of rooms, and how it names people. */
import { sayer } from '../language.ts'
import { language } from '../page-language.ts'
import { ROOM_ENGLISH } from '../strings/room-english.ts'
import type { RoomStrings } from '../strings/room-english.ts'
import type { Member } from './members.ts'

const OTHERS: Readonly<Record<string, () => Promise<RoomStrings>>> = {
  de: async () => (await import('../strings/room-german.ts')).ROOM_GERMAN,
}

const strings = (await OTHERS[language.tag]?.().catch(() => undefined)) ?? ROOM_ENGLISH

export const sayRoom = sayer(strings, language.tag)

/** Digits of an id that tell people of one name apart. */
const MARK_DIGITS = 6

/** What a person is called: with the beginning of their id where somebody else has that name. */
export function callName(id: string, name: string, members: readonly Member[]): string {
  const called = name || sayRoom('nameless')
  const fold = (text: string): string => text.toLocaleLowerCase()
  const isShared = members.some(other => other.id !== id && fold(other.name || sayRoom('nameless')) === fold(called))
  return isShared ? `${called} (${id.slice(0, MARK_DIGITS)})` : called
}
