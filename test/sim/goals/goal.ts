/** A goal of the scheduler: a scenario, what is measured in it, and the bound. */

export interface Measure {
  readonly what: string
  readonly limit: { readonly atMost: number } | { readonly atLeast: number }
}

export interface Goal {
  readonly name: string
  /** What happens, in a line. */
  readonly scenario: string
  readonly measures: readonly Measure[]
  /** Runs it, to the end. @returns a figure for each measure, in their order */
  run(seed: number): readonly number[]
}

export function isMet({ limit }: Measure, figure: number): boolean {
  return 'atMost' in limit ? figure <= limit.atMost : figure >= limit.atLeast
}

export function limitOf({ limit }: Measure): string {
  return 'atMost' in limit ? `≤ ${limit.atMost}` : `≥ ${limit.atLeast}`
}
