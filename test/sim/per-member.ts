/** Something for every member, made when first asked for. An array by index: this is looked up at every event. */
import type { Member } from './member.ts'

export class PerMember<T> {
  readonly #make: (member: Member) => T
  readonly #items: (T | undefined)[] = []

  constructor(make: (member: Member) => T) {
    this.#make = make
  }

  of(member: Member): T {
    const item = this.#items[member.index]
    if (item !== undefined) return item
    const made = this.#make(member)
    // No holes: an array with holes is slow.
    while (this.#items.length < member.index) this.#items.push(undefined)
    this.#items[member.index] = made
    return made
  }

  /** Forgets what there is: a new one is made when asked for again. */
  delete(member: Member): void {
    if (member.index < this.#items.length) this.#items[member.index] = undefined
  }
}
