/** Runs child processes so that none outlives its time or its parent. */
import { type ChildProcess, spawn } from 'node:child_process'

export interface ChildOptions {
  /** After this long the child and everything it started is ended. */
  readonly timeoutMs: number
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ChildResult {
  /** null: ended by a signal. */
  readonly exitCode: number | null
  readonly isTimedOut: boolean
}

/** Between asking a child to end and making it. */
const GRACE_MS = 5_000

const running = new Set<ChildProcess>()

/** Runs a command with its output going straight to ours. Never rejects: a command that cannot start exits with 127. */
export function runChild(command: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return new Promise(resolve => {
    // A group of its own, so that the whole tree can be ended by one id.
    const child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...options.env },
      detached: true,
    })
    running.add(child)
    let isTimedOut = false
    let kill: NodeJS.Timeout | undefined
    const timeout = setTimeout(() => {
      isTimedOut = true
      endGroup(child, 'SIGTERM')
      kill = setTimeout(() => endGroup(child, 'SIGKILL'), GRACE_MS)
    }, options.timeoutMs)
    const finish = (exitCode: number | null): void => {
      clearTimeout(timeout)
      clearTimeout(kill)
      running.delete(child)
      // Grandchildren that the child left behind.
      endGroup(child, 'SIGTERM')
      resolve({ exitCode, isTimedOut })
    }
    child.once('error', error => {
      console.error(`${command}: ${error.message}`)
      finish(127)
    })
    child.once('exit', code => finish(code))
  })
}

/** Ends every child that is still running; for the parent's own end. */
export function endChildren(): void {
  for (const child of running) endGroup(child, 'SIGTERM')
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}
