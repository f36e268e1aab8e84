/**
 * The test command.
 *
 *     npm test                     every stage
 *     npm test -- unit e2e         these stages
 *     npm test -- e2e --file swap  these stages, only test files whose path contains 'swap'
 *
 * The last line is `N passed, N failed`; the exit code is 0 only when nothing failed.
 */
import { parseArgs } from 'node:util'
import { ensureBrowsers } from './support/browsers.ts'
import { endChildren } from './support/child.ts'
import { buildOnce, failure, type Outcome, STAGES, type Stage } from './support/stages.ts'

/** The whole run, whatever the single stages may take: it should take less than 20 minutes, and machines differ. */
const RUN_MS_MAX = 25 * 60_000

const startedAt = Date.now()

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endChildren()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  })
}

const { stages, filter } = chooseStages()
const total = await runStages(stages, filter)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)

function chooseStages(): { stages: readonly Stage[]; filter: string } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: 'string', default: '' } },
  })
  const names = STAGES.map(stage => stage.name)
  const unknown = positionals.filter(name => !names.includes(name))
  if (unknown.length > 0) {
    console.error(`There is no stage ${unknown.join(', ')}; the stages are ${names.join(', ')}.`)
    process.exit(2)
  }
  return {
    stages: STAGES.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    filter: values.file,
  }
}

async function runStages(stages: readonly Stage[], filter: string): Promise<{ passed: number; failed: number }> {
  const total = { passed: 0, failed: 0 }
  const summary: string[] = []
  const failures: string[] = []
  // One processor's work, beside the stages that do without it.
  const building = stages.some(({ needsBuild }) => needsBuild) ? buildOnce() : undefined
  let missingBrowsers: string[] | undefined
  for (const stage of stages) {
    heading(stage.title)
    const stageStartedAt = Date.now()
    if (stage.needsBrowsers) missingBrowsers ??= ensureBrowsers()
    const outcome = await runStage(stage, filter, { missingBrowsers, building })
    total.passed += outcome.passed
    total.failed += outcome.failed
    failures.push(...outcome.failures)
    const line = describe(stage, outcome, Date.now() - stageStartedAt)
    summary.push(line)
    console.log(line)
  }
  if (summary.length > 1) {
    heading(`Summary, after ${seconds(Date.now() - startedAt)}`)
    for (const line of summary) console.log(line)
  }
  if (failures.length > 0) {
    heading('What failed')
    for (const text of failures) console.log(`${styled(31, '✖')} ${text}`)
  }
  return total
}

async function runStage(
  stage: Stage,
  filter: string,
  ground: { missingBrowsers: string[] | undefined; building: Promise<Outcome> | undefined },
): Promise<Outcome> {
  if (stage.needsBrowsers && ground.missingBrowsers?.length) {
    return failure(ground.missingBrowsers.join(' '))
  }
  const build = stage.needsBuild ? await ground.building : undefined
  if (build && build.failed > 0) return failure('needs the build, which failed')
  const timeoutMs = Math.min(stage.timeoutMs, RUN_MS_MAX - (Date.now() - startedAt))
  if (timeoutMs <= 0) return failure('not run: the whole run is out of time')
  return stage.run({ timeoutMs, filter })
}

function heading(text: string): void {
  console.log(`\n${styled(1, `━━ ${text}`)}`)
}

function describe(stage: Stage, outcome: Outcome, elapsedMs: number): string {
  const mark = outcome.failed === 0 ? styled(32, '✔') : styled(31, '✖')
  const complaint = outcome.complaint === undefined ? '' : ` — ${outcome.complaint}`
  return `${mark} ${stage.name}: ${outcome.passed} passed, ${outcome.failed} failed in ${seconds(elapsedMs)}${complaint}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** ANSI only where a person watches. */
function styled(code: number, text: string): string {
  return process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text
}
