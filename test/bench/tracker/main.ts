/**
 * `npm run bench -- tracker`: our tracker, bittorrent-tracker's server and a bare relay under the same load, taking turns in one run. Server and load
 * have a core each, where the machine has two.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { digits, markdownTable, median } from '../statistics.ts'
import { CONTENDERS, type Contender } from './contenders.ts'
import type { Figures, Load } from './load.ts'

/** Above this share of its core the client was the limit. */
const LOAD_CPU_MAX = 0.9
/** Loads of so many seconds are for memory: the server then collects its garbage now and then. */
const COLLECT_SECONDS = 60
const BASE = {
  sockets: 2_000,
  swarmSize: 50,
  torrents: 1,
  offers: 5,
  window: 48,
  warmUpSeconds: 2,
  seconds: 6,
  churn: 0,
  deaf: 0,
}

const SCENARIOS: Readonly<Record<string, { title: string; load: Omit<Load, 'port'> }>> = {
  steady2: { title: 'steady, swarms of 2', load: { ...BASE, swarmSize: 2 } },
  steady50: { title: 'steady, swarms of 50', load: BASE },
  steady2000: { title: 'steady, one swarm of 2,000', load: { ...BASE, swarmSize: 2_000 } },
  torrents: {
    title: '20 sockets with 200 torrents each',
    load: { ...BASE, sockets: 20, swarmSize: 20, torrents: 200 },
  },
  churn: { title: 'churn of 5 % a second, swarms of 50', load: { ...BASE, churn: 0.05 } },
  deaf: { title: '1 % of sockets never read, swarms of 50', load: { ...BASE, deaf: 0.01 } },
  ramp: { title: '10,000 idle sockets', load: { ...BASE, sockets: 10_000, window: 0 } },
}
/** For as long as is asked for, and only when it is. */
const SOAK = {
  title: '10,000 sockets, 2 % of them replaced a second',
  load: { ...BASE, sockets: 10_000, window: 8, churn: 0.02 },
}
const ALL: typeof SCENARIOS = { ...SCENARIOS, soak: SOAK }

const HELP = `npm run bench -- tracker [options]

  --only NAME     one of the scenarios below; may be given several times
  --against NAME  one of the contenders ${CONTENDERS.join(', ')}; several times (default: all)
  --runs N        rounds of each (default 3)
  --seconds N     of measuring in each (default 6)
  --profile       writes a CPU profile of our tracker into the working directory

${Object.entries(ALL)
  .map(([name, { title }]) => `  ${name.padEnd(12)}${title}`)
  .join('\n')}
`

interface Result extends Figures {
  /** Of one core. */
  readonly serverCpu: number
  readonly bytesPerPeer: number
  /** Growth of the server's memory in the second half of a long load, bytes a minute; else 0. */
  readonly bytesPerMinute: number
}

export async function benchTracker(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: Object.keys(SCENARIOS) },
      against: { type: 'string', multiple: true, default: [...CONTENDERS] },
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: String(BASE.seconds) },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || values.only.some(name => !Object.hasOwn(ALL, name))) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const contenders = CONTENDERS.filter(name => values.against.includes(name))
  const rows: string[][] = []
  for (const name of values.only) {
    const { title, load } = ALL[name]!
    const results = new Map<Contender, Result[]>(contenders.map(contender => [contender, []]))
    for (let run = 0; run < Number(values.runs); run++) {
      for (const contender of contenders) {
        console.error(`${title}: ${contender}, round ${run + 1}`)
        const result = await measure(contender, { ...load, seconds: Number(values.seconds) }, values.profile)
        console.error(`  ${JSON.stringify(result)}`)
        results.get(contender)!.push(result)
      }
    }
    for (const [contender, of] of results) rows.push(row(title, contender, of))
  }
  console.log(
    `\nNode ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model}, load ${digits(loadavg()[0]!)}.\n`,
  )
  const heads = [
    '',
    'Server',
    'announces/s',
    'per CPU second',
    'relays/s',
    'relay p50, p99 ms',
    'lost',
    'CPU server, load',
    'bytes per peer, a minute more',
    'connects/s',
  ]
  console.log(markdownTable(heads, rows))
  return 0
}

function row(title: string, contender: Contender, results: readonly Result[]): string[] {
  const mid = (pick: (result: Result) => number) => median(results.map(pick))
  const isVoid = mid(result => result.loadCpu) > LOAD_CPU_MAX
  const percent = (value: number) => `${Math.round(value * 100)} %`
  return [
    title,
    contender + (isVoid ? ' (void: the client was the limit)' : ''),
    digits(mid(result => result.announcesPerSecond)),
    digits(mid(result => result.announcesPerSecond / result.serverCpu)),
    digits(mid(result => result.relaysPerSecond)),
    `${digits(mid(result => result.relayMsP50))}, ${digits(mid(result => result.relayMsP99))}`,
    percent(mid(result => result.lost)),
    `${percent(mid(result => result.serverCpu))}, ${percent(mid(result => result.loadCpu))}`,
    `${digits(mid(result => result.bytesPerPeer))}, ${digits(mid(result => result.bytesPerMinute))}`,
    digits(mid(result => result.connectsPerSecond)),
  ]
}

async function measure(contender: Contender, load: Omit<Load, 'port'>, isProfiled: boolean): Promise<Result> {
  const profile = isProfiled && contender === 'shoal' ? ['--cpu-prof', '--cpu-prof-interval', '200'] : []
  const server = start(0, [...profile, '--expose-gc', '--import', 'tsx', 'test/bench/tracker/contenders.ts', contender])
  const port = Number((await line(server)).split(' ')[1])
  const [bytesBefore, cpuBefore, from] = [memoryOf(server), cpuSecondsOf(server), performance.now()]
  const client = start(1, ['--import', 'tsx', 'test/bench/tracker/load.ts', JSON.stringify({ ...load, port })])
  // What is printed comes at the end of the load, or when all are connected.
  const atLoad = load.window === 0 ? undefined : watch(server, client, load)
  const figures: Figures = JSON.parse(await line(client))
  const bytesPerPeer = (memoryOf(server) - bytesBefore) / load.sockets
  const { cpu, bytesPerMinute } = (await atLoad) ?? { cpu: undefined, bytesPerMinute: 0 }
  const serverCpu = cpu ?? (cpuSecondsOf(server) - cpuBefore) / ((performance.now() - from) / 1000)
  await end(client)
  await end(server)
  return { ...figures, serverCpu, bytesPerPeer, bytesPerMinute }
}

/** The last seconds before the client ends are those that it measures. */
async function watch(
  server: ChildProcess,
  client: ChildProcess,
  { seconds }: Omit<Load, 'port'>,
): Promise<{ cpu: number; bytesPerMinute: number }> {
  const samples: { at: number; cpu: number; bytes: number }[] = []
  const sample = () => samples.push({ at: performance.now(), cpu: cpuSecondsOf(server), bytes: memoryOf(server) })
  const timer = setInterval(sample, 500)
  const collecting = seconds >= COLLECT_SECONDS ? setInterval(() => server.kill('SIGUSR2'), 10_000) : undefined
  await new Promise(resolve => client.stdout!.once('data', resolve))
  clearInterval(timer)
  clearInterval(collecting)
  const last = samples.at(-1)!
  const measured = samples.filter(({ at }) => at >= last.at - (seconds - 1) * 1000)
  const cpu = (last.cpu - measured[0]!.cpu) / ((last.at - measured[0]!.at) / 1000)
  const bytesPerMinute = seconds >= COLLECT_SECONDS ? slope(measured.slice(measured.length / 2)) * 60_000 : 0
  return { cpu, bytesPerMinute }
}

/** Least squares, in bytes a millisecond. */
function slope(samples: readonly { at: number; bytes: number }[]): number {
  const mean = (pick: (sample: { at: number; bytes: number }) => number) =>
    samples.reduce((sum, each) => sum + pick(each), 0) / samples.length
  const [at, bytes] = [mean(each => each.at), mean(each => each.bytes)]
  const covariance = mean(each => (each.at - at) * (each.bytes - bytes))
  return covariance / mean(each => (each.at - at) ** 2)
}

function start(core: number, args: readonly string[]): ChildProcess {
  const command = [process.execPath, ...args]
  const [file, ...rest] = canPin() ? ['taskset', '-c', String(core), ...command] : command
  return spawn(file!, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
}

function canPin(): boolean {
  try {
    execFileSync('taskset', ['-c', '1', 'true'], { stdio: 'ignore' })
    return cpus().length > 1
  } catch {
    return false
  }
}

async function line(child: ChildProcess): Promise<string> {
  const [text] = await once(createInterface({ input: child.stdout! }), 'line')
  return text
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.stdin!.end()
  child.kill('SIGINT')
  await exit
}

function memoryOf({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

function cpuSecondsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
