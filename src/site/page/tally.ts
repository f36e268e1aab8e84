/** How often each of some names was added. */
export class Tally {
  readonly #counts = new Map<string, number>()

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  /** @returns whether it was there, once less now */
  delete(name: string): boolean {
    const count = this.#counts.get(name) ?? 0
    if (count <= 1) return this.#counts.delete(name)
    this.#counts.set(name, count - 1)
    return true
  }
}
