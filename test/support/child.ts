/** Runs child processes so that none outlives its time or its parent. */
import { type ChildProcess, spawn } from 'node:child_process'

export interface ChildOptions {
  /** After this long the child and everything it started is ended. */
  readonly timeoutMs: number
  /** What it prints is shown in one piece when it has ended: others print beside it. @default false */
  readonly isHeld?: boolean
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

/** Runs a command whose output goes to ours. Never rejects: a command that cannot start exits with 127. */
export function runChild(command: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return new Promise(resolve => {
    // A group of its own, so that the whole tree can be ended by one id.
    const child = spawn(command, args, {
      stdio: options.isHeld ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...options.env },
      detached: true,
    })
    running.add(child)
    const held: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => held.push(chunk))
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
      process.stdout.write(Buffer.concat(held))
      resolve({ exitCode, isTimedOut })
    }
    child.once('error', error => {
      console.error(`${command}: ${error.message}`)
      finish(127)
    })
    // What is held is whole when the pipes are closed, which grandchildren that outlive it may keep open.
    child.once('exit', code => {
      endGroup(child, 'SIGTERM')
      if (options.isHeld) child.once('close', () => finish(code))
      else finish(code)
    })
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
