/** What a mutated simulator is bundled from: the cases, and a way to run one. */
import { caseOf } from '../cases/all.ts'
import { Violation } from '../watcher.ts'

/** What a run came to: the checker that objected and its words, or neither. */
export interface Finding {
  readonly checker: string
  readonly message: string
}

export function runCase(name: string, seed: number): Finding | undefined {
  const { build, limitMs } = caseOf(name)
  try {
    build({ seed }).run(limitMs)
    return undefined
  } catch (error) {
    if (error instanceof Violation) return { checker: error.checker, message: error.message }
    throw error
  }
}
