/** Runs a tracker until it is told to stop; then lets its clients go in good order. */
import {
  isWorker,
  type Log,
  startTracker,
  startWorkers,
  type TrackerOptions,
  type TrackerUpdate,
  urlOf,
  WorkerMetrics,
  workerTransport,
} from '../../../tracker/index.ts'
import type { CommandContext } from './context.ts'
import { formatCount } from './format.ts'

export interface Service {
  readonly tracker: TrackerOptions
  /** How long clients are given to leave. */
  readonly drainSeconds: number
  /** @default errors of the tracker's own are told on the terminal */
  readonly log?: Log
  /** What is read again when the process gets SIGHUP. @default SIGHUP ends it, as other signals do */
  readonly update?: () => Promise<TrackerUpdate>
  /** Processes that share the port. @default 1 */
  readonly workers?: number
  /** Says where it listens. */
  readonly announce: (tracker: { readonly url: string }) => void
}

/** Resolves when it was stopped by a signal, which is how a service ends well. */
export async function runService(context: CommandContext, service: Service): Promise<void> {
  const { workers = 1 } = service
  if (workers > 1 && !isWorker()) await runWorkers(context, service, workers)
  else await runTracker(context, service)
}

/** The first of several processes: it starts the others, which run this same command. */
async function runWorkers(context: CommandContext, service: Service, count: number): Promise<void> {
  const { log, tracker } = service
  const workers = await startWorkers({ count, onDeath: reason => log?.error({}, reason) })
  const { host, tls, path = '' } = tracker
  const url = urlOf({ port: workers.port, host, isSecure: tls !== undefined }) + path
  service.announce({ url })
  log?.info({ url, workers: count }, 'listening')
  context.onHangUp(() => workers.signal('SIGHUP'))
  await stopped(context.signal)
  await workers.stop()
}

async function runTracker(context: CommandContext, service: Service): Promise<void> {
  const { signal, terminal } = context
  const { log, update, drainSeconds } = service
  const onError = (error: unknown) => terminal.note(`shoal: an error of the tracker's own: ${String(error)}`)
  const transport = service.tracker.transport ?? (isWorker() ? workerTransport() : undefined)
  const tracker = await startTracker({
    ...service.tracker,
    ...(transport && { transport }),
    ...(isWorker() && { workerMetrics: new WorkerMetrics() }),
    ...(!log && { onError }),
  })
  if (!isWorker()) service.announce(tracker)
  log?.info({ url: tracker.url }, 'listening')
  if (update) {
    context.onHangUp(() => {
      update().then(
        fresh => {
          tracker.update(fresh)
          log?.info({}, 'read lists and certificates again')
        },
        // A file that is wrong for a moment must not end a service: what holds goes on holding.
        error => log?.error({ err: error }, 'lists and certificates stay as they were'),
      )
    })
  }
  await stopped(signal)
  const { connections } = tracker.stats()
  log?.info({ connections, drainSeconds }, 'stopping')
  if (connections > 0 && !isWorker())
    terminal.note(`Stopping: telling ${formatCount(connections, 'client')}. Ctrl-C again ends at once.`)
  await tracker.drain(drainSeconds)
  await tracker.close()
}

/** Resolves when the signal is aborted. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
