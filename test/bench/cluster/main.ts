/** `npm run bench -- cluster`: several nodes that are one tracker through one Redis; how much they do together, and how soon a dead one is missed. */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Scope } from '../../e2e/support/scope.ts'
import { missingRedis } from '../../support/redis.ts'
import { digits, markdownTable, median } from '../statistics.ts'
import { killOneByOne, stopRedis } from './kills.ts'
import { type Throughput, throughputOf } from './throughput.ts'

const HELP = `npm run bench -- cluster [options]

  --runs N     rounds of throughput (default 3)
  --seconds N  of measuring in each (default 6)
  --kills N    kill -9 one of three nodes so often under load, in place of throughput
  --stop N     stop Redis for so many seconds under load, in place of throughput
`

/** Above this share of a core the client was the limit. */
const LOAD_CPU_MAX = 0.9
const CASES: readonly { readonly name: string; readonly nodes: number; readonly hasRedis: boolean }[] = [
  { name: 'one process, no Redis', nodes: 1, hasRedis: false },
  { name: '1 node', nodes: 1, hasRedis: true },
  { name: '2 nodes', nodes: 2, hasRedis: true },
  { name: '3 nodes', nodes: 3, hasRedis: true },
]

export async function benchCluster(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '6' },
      kills: { type: 'string' },
      stop: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const missing = missingRedis()
  if (missing !== undefined) {
    console.error(missing)
    return 1
  }
  const scope = new Scope()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => scope.close().finally(() => process.exit(1)))
  }
  try {
    if (values.kills !== undefined) return await killOneByOne(scope, Number(values.kills))
    if (values.stop !== undefined) return await stopRedis(scope, Number(values.stop))
    const results = new Map<string, Throughput[]>(CASES.map(({ name }) => [name, []]))
    for (let run = 0; run < Number(values.runs); run++) {
      for (const { name, nodes, hasRedis } of CASES) {
        console.error(`${name}, round ${run + 1}`)
        const result = await throughputOf(nodes, hasRedis, Number(values.seconds))
        console.error(`  ${JSON.stringify(result)}`)
        results.get(name)!.push(result)
      }
    }
    report(results)
    return 0
  } finally {
    await scope.close()
  }
}

function report(results: ReadonlyMap<string, readonly Throughput[]>): void {
  const load = digits(loadavg()[0]!)
  console.log(`\nNode ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model}, load ${load}.\n`)
  const heads = ['', 'announces/s', 'relays/s', 'relay p50, p99 ms', 'lost', 'CPU nodes, Redis, load']
  const rows = [...results].map(([name, of]) => {
    const mid = (pick: (result: Throughput) => number) => median(of.map(pick))
    const percent = (value: number) => `${Math.round(value * 100)} %`
    const isVoid = mid(result => result.loadCpu) > LOAD_CPU_MAX
    return [
      name + (isVoid ? ' (void: the client was the limit)' : ''),
      digits(mid(result => result.announcesPerSecond)),
      digits(mid(result => result.relaysPerSecond)),
      `${digits(mid(result => result.relayMsP50))}, ${digits(mid(result => result.relayMsP99))}`,
      percent(mid(result => result.lost)),
      `${percent(mid(result => result.nodesCpu))}, ${percent(mid(result => result.redisCpu))}, ${percent(mid(result => result.loadCpu))}`,
    ]
  })
  const perAnnounce = [...results].map(([name, of]) => {
    const us = (pick: (result: Throughput) => number) =>
      digits(median(of.map(result => (1e6 * pick(result)) / result.announcesPerSecond)))
    return [
      name,
      us(result => result.nodesCpu),
      us(result => result.redisCpu),
      us(result => result.batchesPerSecond * 1e-6),
    ]
  })
  console.log(markdownTable(heads, rows))
  console.log()
  console.log(markdownTable(['', 'µs of nodes per announce', 'µs of Redis', 'batches'], perAnnounce))
}
