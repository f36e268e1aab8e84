/** What is remembered of a person: the name, in this browser; and in this tab the room that a reload comes back to, with what is shared there. */
import { cleanName } from './messages.ts'

const NAME_KEY = 'shoal-room-name'
const INSIDE_KEY = 'shoal-room-inside'
const SHARED_KEY = 'shoal-room-shared'

export const memory = {
  get name(): string {
    return cleanName(read(() => localStorage, NAME_KEY))
  },
  set name(name: string) {
    write(() => localStorage, NAME_KEY, name)
  },
  /** Its secret; empty: none. */
  get inside(): string {
    return read(() => sessionStorage, INSIDE_KEY)
  },
  set inside(secret: string) {
    write(() => sessionStorage, INSIDE_KEY, secret)
  },
  /** Links of what is shared there from this tab: a reload shares it again. */
  get shared(): string[] {
    return read(() => sessionStorage, SHARED_KEY)
      .split(' ')
      .filter(link => link !== '')
  },
  set shared(links: readonly string[]) {
    write(() => sessionStorage, SHARED_KEY, links.join(' '))
  },
}

/** Browsers that keep nothing for pages throw where they are asked for the store itself. */
function read(store: () => Storage, key: string): string {
  try {
    return store().getItem(key) ?? ''
  } catch {
    return ''
  }
}

function write(store: () => Storage, key: string, value: string): void {
  try {
    store().setItem(key, value)
  } catch {
    // Then it is asked for again.
  }
}
