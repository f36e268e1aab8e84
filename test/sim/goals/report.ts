/** `npm run sim -- --report`: every goal over many seeds, as the table that ARCHITECTURE.md quotes. */
import type { CommandContext } from '../command/drive.ts'
import { ADVERSITY } from './adversity.ts'
import { DISTRIBUTION } from './distribution.ts'
import { type Goal, isMet, limitOf, type Measure } from './goal.ts'
import { OFFLOAD } from './offload.ts'

export const GOALS: readonly Goal[] = [...DISTRIBUTION, ...OFFLOAD, ...ADVERSITY]

export interface ReportOptions {
  readonly goals: readonly Goal[]
  readonly firstSeed: number
  readonly seedCount: number
}

/** @returns a Markdown table; goals that a Ctrl-C cut off are left out */
export async function report({ goals, firstSeed, seedCount }: ReportOptions, context: CommandContext): Promise<string> {
  const { terminal, signal, now } = context
  const rows = ['| Scenario | Figure | Median (all seeds) | Goal | Met by |', '| --- | --- | --- | --- | --- |']
  for (const goal of goals) {
    const runs: (readonly number[])[] = []
    const startedAt = now()
    for (let index = 0; index < seedCount && !signal.aborted; index++) {
      terminal.status({ phase: goal.name, share: index / seedCount, text: `seed ${firstSeed + index}` })
      runs.push(goal.run(firstSeed + index))
      // So that Ctrl-C is heard.
      await new Promise(resolve => setTimeout(resolve, 0))
    }
    if (signal.aborted) break
    terminal.clear()
    terminal.note(`${goal.name}: ${((now() - startedAt) / 1000).toFixed(0)} s`)
    for (const [at, measure] of goal.measures.entries()) {
      rows.push(
        rowOf(
          at === 0 ? goal.scenario : '',
          measure,
          runs.map(figures => figures[at]!),
        ),
      )
    }
  }
  return rows.join('\n')
}

function rowOf(scenario: string, measure: Measure, figures: readonly number[]): string {
  const ascending = [...figures].sort((a, b) => a - b)
  const [least, most] = [ascending[0]!, ascending.at(-1)!]
  const middle = ascending[ascending.length >> 1]!
  const met = figures.filter(figure => isMet(measure, figure)).length
  const spread = `${digits(middle)} (${digits(least)}–${digits(most)})`
  return `| ${scenario} | ${measure.what} | ${spread} | ${limitOf(measure)} | ${met} of ${figures.length} |`
}

function digits(figure: number): string {
  return Number.isInteger(figure) ? String(figure) : figure.toFixed(3)
}
