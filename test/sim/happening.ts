/** What a timeline is made of. */

/** Something that is to happen. Once it has, it may be planned again: what happens often is made once. */
export abstract class Happening {
  /** What happens after it at the same time: the timeline's own. */
  next: Happening | undefined = undefined

  abstract happen(): void
}

/** A function that is to be called. */
export class Call extends Happening {
  readonly #run: () => void

  constructor(run: () => void) {
    super()
    this.#run = run
  }

  happen(): void {
    this.#run()
  }
}
