/** The stages of the test command: what each runs, and how its results are counted. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChild } from './child.ts'
import { type Results, readTap } from './tap.ts'

export interface Stage {
  readonly name: string
  /** Heading: what this stage shows. */
  readonly title: string
  readonly timeoutMs: number
  readonly needsBrowsers?: boolean
  /** Runs against `dist/`. */
  readonly needsBuild?: boolean
  run(options: StageOptions): Promise<Outcome>
}

export interface StageOptions {
  readonly timeoutMs: number
  /** Only test files whose path contains this. */
  readonly filter: string
}

export interface Outcome extends Results {
  /** Why something failed that no test counts: a time limit, a crash, no tests. */
  readonly complaint?: string
}

const MINUTE_MS = 60_000

const NO_RESULTS: Results = { passed: 0, failed: 0, failures: [] }

export const STAGES: readonly Stage[] = [
  commandStage({ name: 'types', title: 'Types', command: ['npm', 'run', '--silent', 'types'] }),
  commandStage({ name: 'lint', title: 'Lint and format', command: ['npm', 'run', '--silent', 'lint'] }),
  nodeStage({ name: 'unit', title: 'Unit tests', folder: 'test/unit', timeoutMs: 4 * MINUTE_MS }),
  nodeStage({
    name: 'contract',
    title: 'Contracts of the ports, in Node',
    folder: 'test/contract',
    timeoutMs: 3 * MINUTE_MS,
  }),
  nodeStage({ name: 'sim', title: 'Simulation', folder: 'test/sim', timeoutMs: 4 * MINUTE_MS }),
  {
    name: 'build',
    title: 'Build, and the size of the bundle',
    timeoutMs: 3 * MINUTE_MS,
    needsBuild: true,
    run: options => nodeTests(testFiles('test/build', options.filter), options),
  },
  {
    name: 'browser',
    title: 'In Chromium and Firefox',
    timeoutMs: 5 * MINUTE_MS,
    needsBrowsers: true,
    run: browserTests,
  },
  {
    name: 'e2e',
    title: 'End to end: real browsers, real tracker',
    timeoutMs: 25 * MINUTE_MS,
    needsBrowsers: true,
    needsBuild: true,
    run: endToEndTests,
  },
]

/** Suites that work more than they wait. */
const FILLS_THE_MACHINE =
  /\/(demo-(cdn|share|share-crowd)\.|hidden|resume-browser|site-swarm|transfer|v2|web-seed|webtorrent|worker)[^/]*$/

/** Of the others those that take longest, by waiting: they begin first, so that none is left alone at the end. */
const TAKES_LONG =
  /\/(cli-seed-site|cli-site|demo-share-(comeback|states|trouble)|failure-browser|site-(caps|failure|film|tabs)|tracker-cluster)\./

const SUITE_MS_MAX = 5 * MINUTE_MS

const BUILD_MS_MAX = 6 * MINUTE_MS

/** Builds `dist/`; counts as one check. */
export async function buildOnce(): Promise<Outcome> {
  return oneCheck(await runChild('npm', ['run', '--silent', 'build'], { timeoutMs: BUILD_MS_MAX }))
}

function commandStage(options: { name: string; title: string; command: readonly [string, ...string[]] }): Stage {
  const [program, ...args] = options.command
  return {
    name: options.name,
    title: options.title,
    timeoutMs: 2 * MINUTE_MS,
    run: async ({ timeoutMs }) => oneCheck(await runChild(program, args, { timeoutMs })),
  }
}

function nodeStage(options: { name: string; title: string; folder: string; timeoutMs: number }): Stage {
  return {
    name: options.name,
    title: options.title,
    timeoutMs: options.timeoutMs,
    run: stageOptions => nodeTests(testFiles(options.folder, stageOptions.filter), stageOptions),
  }
}

function oneCheck({ exitCode, isTimedOut }: { exitCode: number | null; isTimedOut: boolean }): Outcome {
  if (exitCode === 0) return { passed: 1, failed: 0, failures: [] }
  return isTimedOut ? failure('ran out of time') : { passed: 0, failed: 1, failures: [] }
}

/** Every `*.test.ts` under a folder, sorted. */
function testFiles(folder: string, filter: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.test.ts'))
    .map(path => join(folder, path))
    .filter(path => path.includes(filter))
    .sort()
}

/**
 * Runs files under node:test; its TAP summary is the count, its spec reporter the output.
 * @param isAlone one file, in one process, beside others
 */
async function nodeTests(
  files: readonly string[],
  options: StageOptions,
  { isAlone = false }: { isAlone?: boolean } = {},
): Promise<Outcome> {
  if (files.length === 0) return noTests(options)
  return withScratch(async folder => {
    const tap = join(folder, 'results.tap')
    const args = ['--import', 'tsx', ...(isAlone ? [] : ['--test', `--test-concurrency=${availableParallelism()}`])]
    args.push('--test-reporter=spec', '--test-reporter-destination=stdout')
    args.push('--test-reporter=tap', `--test-reporter-destination=${tap}`, ...files)
    const result = await runChild(process.execPath, args, { timeoutMs: options.timeoutMs, isHeld: isAlone })
    const report = existsSync(tap) ? readFileSync(tap, 'utf8') : ''
    return settle(readTap(report), result)
  })
}

/** A process for each suite: those that mostly wait for others four at a time, and then those that fill the machine, two at a time. */
async function endToEndTests(options: StageOptions): Promise<Outcome> {
  const files = testFiles('test/e2e', options.filter)
  if (files.length === 0) return noTests(options)
  const startedAt = Date.now()
  const outcomes: Outcome[] = []
  const lane = async (queue: string[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const beganAt = Date.now()
      const timeoutMs = Math.min(SUITE_MS_MAX, options.timeoutMs - (beganAt - startedAt))
      if (timeoutMs <= 0) outcomes.push(failure(`${file} was not run: out of time`))
      else outcomes.push(named(file, await nodeTests([file], { ...options, timeoutMs }, { isAlone: true })))
      console.log(`${file} took ${((Date.now() - beganAt) / 1000).toFixed(0)} s`)
    }
  }
  return withFirefoxProfile(options, async () => {
    const filling = files.filter(path => FILLS_THE_MACHINE.test(path))
    const waiting = files.filter(path => !filling.includes(path))
    const inOrder = [
      ...waiting.filter(path => TAKES_LONG.test(path)),
      ...waiting.filter(path => !TAKES_LONG.test(path)),
    ]
    await Promise.all(Array.from({ length: 4 }, () => lane(inOrder)))
    await Promise.all([lane(filling), lane(filling)])
    return sum(outcomes)
  })
}

/** Furnishes a profile for every Firefox that is launched meanwhile; where that fails, each furnishes its own. */
function withFirefoxProfile<T>({ timeoutMs }: StageOptions, work: () => Promise<T>): Promise<T> {
  return withScratch(async folder => {
    const script = ['--import', 'tsx', 'test/e2e/support/firefox-profile.ts', folder]
    const { exitCode } = await runChild(process.execPath, script, { timeoutMs: Math.min(timeoutMs, MINUTE_MS) })
    if (exitCode === 0) process.env.SHOAL_FIREFOX_PROFILE = folder
    return work().finally(() => delete process.env.SHOAL_FIREFOX_PROFILE)
  })
}

async function browserTests(options: StageOptions): Promise<Outcome> {
  const files = testFiles('test/browser', options.filter)
  if (files.length === 0) return noTests(options)
  return withScratch(async folder => {
    const summary = join(folder, 'results.json')
    const args = ['--import', 'tsx', 'test/support/browser-tests.ts', summary, ...files]
    const result = await runChild(process.execPath, args, { timeoutMs: options.timeoutMs })
    const results: Results = existsSync(summary) ? JSON.parse(readFileSync(summary, 'utf8')) : NO_RESULTS
    return settle(results, result)
  })
}

/** A run that ended badly without a failed test still failed. */
function settle(results: Results, { exitCode, isTimedOut }: { exitCode: number | null; isTimedOut: boolean }): Outcome {
  if (isTimedOut) return sum([results, failure('ran out of time')])
  if (exitCode !== 0 && results.failed === 0) return sum([results, failure(`ended with exit code ${exitCode}`)])
  return results
}

/** Whose complaint it is. */
function named(file: string, { complaint, ...outcome }: Outcome): Outcome {
  return complaint === undefined ? outcome : { ...outcome, complaint: `${file} ${complaint}` }
}

/** No tests at all prove nothing; none that match a filter are another stage's business. */
function noTests({ filter }: StageOptions): Outcome {
  return filter === '' ? failure('found no test files') : NO_RESULTS
}

/** What no test counts. */
export function failure(complaint: string): Outcome {
  return { passed: 0, failed: 1, failures: [], complaint }
}

function sum(outcomes: readonly Outcome[]): Outcome {
  const complaint = outcomes.find(outcome => outcome.complaint !== undefined)?.complaint
  return {
    passed: outcomes.reduce((total, { passed }) => total + passed, 0),
    failed: outcomes.reduce((total, { failed }) => total + failed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
    ...(complaint !== undefined && { complaint }),
  }
}

async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-test-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
