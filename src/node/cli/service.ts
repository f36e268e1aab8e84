/** Runs a tracker until it is told to stop; then lets its clients go in good order. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type IceOptions, type RunningTracker, startTracker } from '../../../tracker/index.ts'
import type { CommandContext } from './context.ts'
import { formatCount } from './format.ts'

export interface ServiceOptions {
  readonly port: number
  readonly host?: string
  /** Seconds that clients are given to leave. */
  readonly drain: number
}

export interface ServiceParts {
  /** What the tracker lends to clients. */
  readonly ice?: IceOptions
  /** Answers HTTP requests that are not the tracker's. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void
  /** Says where it listens. */
  readonly announce: (tracker: RunningTracker) => void
}

/** Resolves when it was stopped by a signal, which is how a service ends well. */
export async function runService(context: CommandContext, options: ServiceOptions, parts: ServiceParts): Promise<void> {
  const { signal, terminal } = context
  const tracker = await startTracker({
    port: options.port,
    ...(options.host !== undefined && { host: options.host }),
    ...parts.ice,
    ...(parts.onRequest !== undefined && { onRequest: parts.onRequest }),
    onError: error => terminal.note(`shoal: an error of the tracker's own: ${String(error)}`),
  })
  parts.announce(tracker)
  await stopped(signal)
  const { connections } = tracker.stats()
  if (connections > 0)
    terminal.note(`Stopping: telling ${formatCount(connections, 'client')}. Ctrl-C again ends at once.`)
  await tracker.drain(options.drain)
  await tracker.close()
}

/** Resolves when the signal is aborted. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
