/** What a benchmark is given and what it gives. */
import type { Browser, Page } from 'puppeteer-core'
import { openVisitor } from '../e2e/support/browser.ts'
import { Scope } from '../e2e/support/scope.ts'
import type { Site } from '../e2e/support/site.ts'

export interface Bench {
  readonly name: string
  /** For `--help` and headings. */
  readonly title: string
  /** Measured values of a run cost this long about, in seconds: printed before the wait. */
  readonly secondsPerRun: number
  run(ground: Ground): Promise<Row[]>
}

/** Everything that is shared by all benchmarks of one command. */
export interface Ground {
  readonly browser: Browser
  /** Cross-origin isolated. */
  readonly site: Site
  /** `ws://` of our tracker. */
  readonly trackerUrl: string
  readonly runs: number
  /** Ends with the command, Ctrl-C included. */
  readonly scope: Scope
  /** Whatever was already measured is kept for later benchmarks: the best settings of the raw channel. */
  readonly memo: Map<string, unknown>
  /** Shows what is going on. */
  log(message: string): void
}

/** `within`: neither more than this many times as much nor as many times less. */
export type Limit = { readonly atLeast: number } | { readonly atMost: number } | { readonly within: number }

/** One line of the table. */
export interface Row {
  readonly what: string
  readonly values: readonly number[]
  readonly unit: string
  readonly ratio?: {
    readonly to: string
    readonly values: readonly number[]
    /** What the ratio must be. */
    readonly goal?: Limit
  }
  /** What is added to the same of something else, in pairs: how its 75th percentile differs, and what the 95 % interval of that must not exceed. */
  readonly added?: {
    readonly to: string
    readonly values: readonly number[]
    /** The larger one holds. */
    readonly atMost: { readonly share: number; readonly value: number }
  }
  /** What the value itself must be. */
  readonly goal?: Limit
  readonly note?: string
}

export const MIB = 1024 * 1024

/** Opens pages for one measurement, each a visitor of its own, and closes them after it. */
export async function withVisitors<T>(
  ground: Ground,
  count: number,
  work: (pages: readonly Page[], scope: Scope) => Promise<T>,
): Promise<T> {
  const scope = new Scope()
  ground.scope.after(() => scope.close())
  try {
    const pages: Page[] = []
    for (let i = 0; i < count; i++) pages.push(await openVisitor(scope, ground.browser, ground.site.url))
    return await work(pages, scope)
  } finally {
    await scope.close()
  }
}

/**
 * Runs contenders in turn, as many rounds as asked for, each round in another order, so that neither drift nor
 * order favours one of them. Returns each one's results, by name and round.
 */
export async function interleave<T>(
  ground: Ground,
  contenders: Readonly<Record<string, () => Promise<T>>>,
): Promise<Record<string, T[]>> {
  const names = Object.keys(contenders)
  const results: Record<string, T[]> = Object.fromEntries(names.map(name => [name, []]))
  for (let round = 0; round < ground.runs; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]!
      const startedAt = performance.now()
      results[name]!.push(await contenders[name]!())
      ground.log(
        `  round ${round + 1}/${ground.runs}: ${name} took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
      )
    }
  }
  return results
}
