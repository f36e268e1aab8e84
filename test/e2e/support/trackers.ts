/** Real trackers: ours, as its command line starts it, and bittorrent-tracker's. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { Server } from 'bittorrent-tracker'
import type { Lifetime } from './scope.ts'

export interface RunningTracker {
  /** `ws://localhost:PORT`. */
  readonly url: string
  stop(): Promise<void>
}

/** Longest wait for the first line of a process that starts. */
const START_TIMEOUT_MS = 15_000

/** Path of the built command line. */
export function cliPath(): string {
  return JSON.parse(readFileSync('package.json', 'utf8')).bin.shoal
}

/** One whose process may be killed. */
export interface TrackerProcess extends RunningTracker {
  readonly process: ChildProcess
}

/** Our tracker, in a process of its own. `port` 0 takes a free one. */
export async function startShoalTracker(
  lifetime: Lifetime,
  { port = 0, args = [] }: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<TrackerProcess> {
  const child = spawn(
    process.execPath,
    [cliPath(), 'tracker', '--port', String(port), '--log-level', 'warn', ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const stop = (): Promise<void> => endChild(child)
  lifetime.after(stop)
  const address = await firstMatch(child, /listening on (ws:\/\/\S+)/)
  return { url: `ws://localhost:${new URL(address).port}`, stop, process: child }
}

/** WebTorrent's tracker, in this process. */
export async function startBittorrentTracker(lifetime: Lifetime): Promise<RunningTracker> {
  const server = new Server({ http: false, udp: false, ws: true, stats: false })
  const stop = (): Promise<void> =>
    new Promise(resolve => (server.destroyed ? resolve() : server.close(() => resolve())))
  lifetime.after(stop)
  server.listen(0, 'localhost')
  await once(server, 'listening')
  return { url: `ws://localhost:${(server.ws.address() as AddressInfo).port}`, stop }
}

/** The first group of the first line on standard output that matches. */
export async function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  const lines = createInterface({ input: child.stdout! })
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    const seen: string[] = []
    const refuse = (why: string): void => reject(new Error(`${why}; it printed: ${seen.join(' | ') || 'nothing'}`))
    lines.on('line', line => {
      seen.push(line)
      const match = line.match(pattern)
      if (match) resolve(match[1]!)
    })
    child.once('exit', code => refuse(`The process ended with exit code ${code}`))
    timeout.addEventListener('abort', () => refuse(`No line matched ${pattern} in ${START_TIMEOUT_MS / 1000} s`))
  })
}

/** Asks a child to end, and sees to it. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  const kill = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exit
  clearTimeout(kill)
}
