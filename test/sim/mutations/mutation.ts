/** A bug that a test plants in the swarm, to see that a checker finds it. */
export interface Mutation {
  readonly name: string
  /** In `src/swarm/`. */
  readonly file: string
  /** Occurs exactly once in the file; short, so that it outlives changes around it. */
  readonly from: string
  readonly to: string
  /** The case that shows it, by name. */
  readonly shownBy: string
  /** The checker that must object. */
  readonly foundBy: string
}

/**
 * @returns the source with the bug in it
 * @throws Error when the text to replace is not there exactly once: the list has to follow the source
 */
export function mutate(source: string, { name, file, from, to }: Mutation): string {
  const count = source.split(from).length - 1
  if (count !== 1) {
    throw new Error(
      `The mutation “${name}” replaces a text that src/swarm/${file} has ${count} times, not once: “${from}”. ` +
        'Give it the text that does the same now, in test/sim/mutations/.',
    )
  }
  return source.replace(from, () => to)
}
