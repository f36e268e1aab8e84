/**
 * The benchmark command: measures Shoal beside a raw data channel and beside WebTorrent, in one run on one machine,
 * and prints a Markdown table.
 */
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { launchBrowser } from '../e2e/support/browser.ts'
import { Scope } from '../e2e/support/scope.ts'
import { startSite } from '../e2e/support/site.ts'
import { startShoalTracker } from '../e2e/support/trackers.ts'
import { browserVersion, ensureBrowsers } from '../support/browsers.ts'
import { buildOnce } from '../support/stages.ts'
import type { Bench, Ground, Limit, Row } from './bench.ts'
import { breakEven } from './break-even.ts'
import { fanout } from './fanout.ts'
import { hidden } from './hidden.ts'
import { load } from './load.ts'
import { memory } from './memory.ts'
import { reality } from './reality.ts'
import { share } from './share.ts'
import { start } from './start.ts'
import { digits, markdownTable, median, pairedDifference, signed, spread } from './statistics.ts'
import { benchCluster } from './cluster/main.ts'
import { benchTracker } from './tracker/main.ts'
import { distant, small, transfer } from './transfer.ts'

const BENCHES: readonly Bench[] = [
  transfer,
  small,
  distant,
  fanout,
  reality,
  memory,
  share,
  hidden,
  breakEven,
  load,
  start,
]

const HELP = `npm run bench -- [options]       or: npm run bench -- tracker --help, cluster --help

  --only NAME   one of the benchmarks below; may be given several times
  --runs N      rounds of each; contenders take turns within a round (default 5)
  --json FILE   also writes every value there
  --no-build    measures dist/ as it is

${BENCHES.map(({ name, title }) => `  ${name.padEnd(12)}${title}`).join('\n')}
`

// Trackers need no browser, and have scenarios of their own.
if (process.argv[2] === 'cluster') process.exit(await benchCluster(process.argv.slice(3)))
if (process.argv[2] === 'tracker') process.exit(await benchTracker(process.argv.slice(3)))

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: '5' },
    json: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const unknown = values.only.filter(name => !BENCHES.some(bench => bench.name === name))
if (values.help || unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
  if (unknown.length > 0) console.error(`There is no benchmark ${unknown.join(', ')}.\n`)
  console.log(HELP)
  process.exit(values.help ? 0 : 2)
}
process.exit(await main())

async function main(): Promise<number> {
  const missing = ensureBrowsers()
  if (missing.length > 0) {
    console.error(missing.join('\n'))
    return 1
  }
  if (!values['no-build'] && (await buildOnce()).failed > 0) return 1
  const scope = new Scope()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => scope.close().finally(() => process.exit(1)))
  }
  try {
    const ground = await prepare(scope)
    const rows: Row[] = []
    let isComplete = true
    for (const bench of BENCHES) {
      if (values.only.length > 0 && !values.only.includes(bench.name)) continue
      ground.log(`${bench.name}: ${bench.title}, about ${Math.ceil((bench.secondsPerRun * runs) / 60)} min`)
      try {
        rows.push(...(await bench.run(ground)))
      } catch (error) {
        isComplete = false
        console.error(`${bench.name} failed:`, error)
      }
    }
    report(rows)
    return isComplete ? 0 : 1
  } finally {
    await scope.close()
  }
}

async function prepare(scope: Scope): Promise<Ground> {
  const tracker = await startShoalTracker(scope)
  return {
    scope,
    browser: await launchBrowser(scope, 'chromium', { hasWindows: true }),
    site: await startSite(scope, {
      modules: {
        '/raw.js': 'test/bench/page/raw.ts',
        '/set-up.js': 'test/bench/page/set-up.ts',
        '/break-even.js': 'test/bench/page/break-even.ts',
      },
    }),
    trackerUrl: tracker.url,
    runs,
    memo: new Map(),
    log: message => console.error(message),
  }
}

function report(rows: readonly Row[]): void {
  const processors = cpus()
  console.log(
    `\n${browserVersion('chromium')}, Node ${process.versions.node}, ${processors.length} × ${processors[0]?.model},`,
  )
  console.log(
    `${digits(totalmem() / 2 ** 30)} GiB. Median (smallest–largest) of ${runs} interleaved rounds; ratios are of pairs. Where 75th percentiles are\ncompared, the 95 % interval of their difference is in brackets.\n`,
  )
  console.log(markdownTable(['', 'Measured', 'Ratio', 'Goal', ''], rows.map(cells)))
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
}

function cells(row: Row): string[] {
  const ratio = row.ratio === undefined ? '' : `${spread(row.ratio.values)} × ${row.ratio.to}`
  if (row.added !== undefined) return addedCells(row, row.added)
  const goals = [
    ...(row.ratio?.goal === undefined ? [] : [judge(median(row.ratio.values), row.ratio.goal)]),
    ...(row.goal === undefined ? [] : [judge(median(row.values), row.goal)]),
  ]
  return [row.what, `${spread(row.values)} ${row.unit}`, ratio, goals.join(', '), row.note ?? '']
}

function addedCells(row: Row, { to, values, atMost }: NonNullable<Row['added']>): string[] {
  const { value, low, high, to: theirs } = pairedDifference(row.values, values)
  const limit = Math.max(atMost.share * theirs, atMost.value)
  const difference = `p75 ${signed(value)} (${signed(low)} to ${signed(high)}) to ${digits(theirs)} ${row.unit}`
  return [
    row.what,
    `${digits(median(row.values))} ${row.unit}, ${to} ${digits(median(values))}`,
    difference,
    `≤ ${signed(limit)} ${high <= limit ? 'met' : 'MISSED'}`,
    row.note ?? '',
  ]
}

function judge(value: number, goal: Limit): string {
  if ('within' in goal) {
    const isWithin = value <= goal.within && value >= 1 / goal.within
    return `÷ and × ${goal.within} ${isWithin ? '✔' : '✖'}`
  }
  if ('atLeast' in goal) return `≥ ${goal.atLeast} ${value >= goal.atLeast ? '✔' : '✖'}`
  return `≤ ${goal.atMost} ${value <= goal.atMost ? '✔' : '✖'}`
}
