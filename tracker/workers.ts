/** One tracker on the cores of one machine: processes that share its port, and the first one, which starts them and carries their bus. */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { type Channel, IpcTransport, Switchboard } from './cluster/ipc.ts'
import type { Transport } from './cluster/transport.ts'
import { addUpMetrics } from './http/worker-metrics.ts'
import { CLUSTER_DEFAULTS } from './options.ts'

export interface WorkersOptions {
  readonly count: number
  /** Of a worker that ended by itself: another takes its place. */
  readonly onDeath: (reason: string) => void
}

export interface RunningWorkers {
  /** What the first of them printed, say: the address on which all listen. */
  readonly port: number
  signal(signal: NodeJS.Signals): void
  /** Asks all to drain, as a signal does. Resolves when all have ended. */
  stop(): Promise<void>
}

/** A worker that dies as soon as it was started is not started again at once. */
const RESTART_MS = 1_000

/** Whether this process is one of those that `startWorkers` started. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** The transport of such a process. */
export function workerTransport(): Transport {
  return new IpcTransport({
    send: message => {
      if (process.connected) process.send!(message)
    },
    listen: receive => process.on('message', receive),
  })
}

/** Runs this very command in so many processes. Resolves when all of them listen. @throws when one ends before that */
export async function startWorkers({ count, onDeath }: WorkersOptions): Promise<RunningWorkers> {
  const switchboard = new Switchboard(CLUSTER_DEFAULTS)
  let isStopping = false
  // Strings go over as they are, where JSON would write them a second time.
  cluster.setupPrimary({ serialization: 'advanced' })
  addUpMetrics()
  const start = (): Worker => {
    const worker = cluster.fork()
    const channel: Channel = {
      send: message => {
        if (worker.isConnected()) worker.send(message)
      },
      listen: receive => worker.on('message', receive),
    }
    switchboard.attach(channel)
    worker.once('exit', () => switchboard.detach(channel))
    return worker
  }
  const keep = (worker: Worker): void => {
    worker.once('exit', (code, signal) => {
      if (isStopping) return
      onDeath(`A worker ended (${signal ?? code}); another takes its place.`)
      setTimeout(() => !isStopping && keep(start()), RESTART_MS)
    })
  }
  const listening = Array.from({ length: count }, start).map(async worker => {
    const [address] = await Promise.race([once(worker, 'listening'), ended(worker)])
    keep(worker)
    return address.port as number
  })
  try {
    const [port] = await Promise.all(listening)
    return { port: port!, signal, stop }
  } catch (error) {
    await stop()
    throw error
  }

  function signal(name: NodeJS.Signals): void {
    for (const worker of living()) worker.process.kill(name)
  }

  async function stop(): Promise<void> {
    isStopping = true
    const workers = living()
    await Promise.all(
      workers.map(async worker => {
        const exit = once(worker, 'exit')
        worker.process.kill('SIGTERM')
        await exit
      }),
    )
  }
}

function living(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined)
}

async function ended(worker: Worker): Promise<never> {
  const [code] = await once(worker, 'exit')
  throw new Error(`A worker ended with exit code ${code} before it listened.`)
}
