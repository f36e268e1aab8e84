/** The load of `npm run bench -- tracker` on several nodes: swarms of 50 whose members are spread over all of them, five offers, all answered. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Scope } from '../../e2e/support/scope.ts'
import { type RunningRedis, startRedis } from '../../support/redis.ts'
import type { Figures } from '../tracker/load.ts'

export interface Throughput extends Figures {
  /** Of one core, all nodes together. */
  readonly nodesCpu: number
  readonly redisCpu: number
  /** Batches that Redis carried. */
  readonly batchesPerSecond: number
}

const LOAD = { sockets: 2_000, swarmSize: 50, torrents: 1, offers: 5, window: 48, warmUpSeconds: 3, churn: 0, deaf: 0 }

export async function throughputOf(nodes: number, hasRedis: boolean, seconds: number): Promise<Throughput> {
  const scope = new Scope()
  try {
    const redis = hasRedis ? await startRedis(scope) : undefined
    const env = redis ? { ...process.env, SHOAL_BENCH_REDIS: redis.url } : process.env
    const servers = Array.from({ length: nodes }, () =>
      start(scope, ['test/bench/tracker/contenders.ts', 'shoal'], env),
    )
    const ports = await Promise.all(servers.map(async server => Number((await lineOf(server)).split(' ')[1])))
    const options = JSON.stringify({ ...LOAD, seconds, port: ports[0], ports })
    const client = start(scope, ['test/bench/tracker/load.ts', options], process.env)
    const samples: { at: number; nodes: number; redis: number; batches: number }[] = []
    const timer = setInterval(() => {
      const nodesCpu = servers.reduce((sum, server) => sum + cpuSecondsOf(server), 0)
      const [redisCpu, batches] = redis ? [cpuSecondsOf(redis.process), batchesOf(redis)] : [0, 0]
      samples.push({ at: performance.now() / 1000, nodes: nodesCpu, redis: redisCpu, batches })
    }, 500)
    const figures: Figures = JSON.parse(await lineOf(client))
    clearInterval(timer)
    // Those of the last seconds, in which the client measures.
    const last = samples.at(-1)!
    const first = samples.find(({ at }) => at >= last.at - (seconds - 1))!
    const rate = (key: 'nodes' | 'redis' | 'batches') => (last[key] - first[key]) / (last.at - first.at)
    return { ...figures, nodesCpu: rate('nodes'), redisCpu: rate('redis'), batchesPerSecond: rate('batches') }
  } finally {
    await scope.close()
  }
}

function start(scope: Scope, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['pipe', 'pipe', 'inherit'], env })
  scope.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return child
}

async function lineOf(child: ChildProcess): Promise<string> {
  const [line] = await once(createInterface({ input: child.stdout! }), 'line')
  return line
}

function cpuSecondsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function batchesOf({ port }: RunningRedis): number {
  const stats = execFileSync('redis-cli', ['-p', `${port}`, 'info', 'commandstats'], { encoding: 'utf8' })
  return Number(/cmdstat_spublish:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}
