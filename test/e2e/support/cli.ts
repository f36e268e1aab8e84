/** Runs the built command line as people do: a process with arguments, output and an exit code. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Lifetime } from './scope.ts'
import { cliPath, endChild } from './trackers.ts'

export interface CliOutcome {
  readonly exitCode: number | null
  readonly stdout: string
  /** Standard output as it is, for commands that write files to it. */
  readonly bytes: Uint8Array
  readonly stderr: string
}

export interface CliOptions {
  /** The script that Node runs. @default the `shoal` command */
  readonly program?: string
  readonly cwd?: string
  /** What standard input holds. @default nothing */
  readonly input?: Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

/** A command that is running. */
export interface RunningCli {
  readonly child: ChildProcess
  /** Resolves with the first group of the first match in what it has printed so far and will print. */
  printed(pattern: RegExp): Promise<string>
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<CliOutcome>
  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<CliOutcome>
}

/** Longest wait for a line, and for a command to end. */
const WAIT_MS_MAX = 60_000

/** Runs a command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
  const running = spawnCli(args, options)
  const timer = setTimeout(() => running.child.kill('SIGKILL'), WAIT_MS_MAX)
  return running.ended.finally(() => clearTimeout(timer))
}

/** Starts a command that goes on until it is stopped; at the latest with the test. */
export function startCli(lifetime: Lifetime, args: readonly string[], options: CliOptions = {}): RunningCli {
  const running = spawnCli(args, options)
  lifetime.after(() => endChild(running.child))
  return running
}

/** A folder that goes with the test. */
export async function scratchFolder(lifetime: Lifetime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-cli-'))
  lifetime.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function spawnCli(args: readonly string[], { program = cliPath(), cwd, input, env }: CliOptions): RunningCli {
  const child = spawn(process.execPath, [resolve(program), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const output = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  for (const name of ['stdout', 'stderr'] as const) {
    const decoder = new TextDecoder()
    child[name].on('data', (chunk: Buffer) => {
      output[name] += decoder.decode(chunk, { stream: true })
      for (const watcher of watchers) watcher()
    })
  }
  const ended = new Promise<CliOutcome>((done, fail) => {
    child.once('error', fail)
    child.once('close', exitCode => {
      done({ exitCode, ...output, bytes: Buffer.concat(chunks) })
      for (const watcher of watchers) watcher()
    })
  })
  return {
    child,
    ended,
    printed(pattern) {
      return new Promise((done, fail) => {
        const finish = (): void => {
          clearTimeout(timer)
          watchers.delete(look)
        }
        const look = (): void => {
          const match = `${output.stdout}\n${output.stderr}`.match(pattern)
          if (match !== null) done(match[1] ?? match[0])
          else if (child.exitCode !== null) fail(new Error(`${args[0]} ended with ${child.exitCode}: ${output.stderr}`))
          else return
          finish()
        }
        const timer = setTimeout(() => {
          finish()
          fail(new Error(`${args[0]} did not print ${pattern}, but: ${output.stdout}${output.stderr}`))
        }, WAIT_MS_MAX)
        watchers.add(look)
        look()
      })
    },
    async stop(signal) {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS_MAX)
      return ended.finally(() => clearTimeout(timer))
    },
  }
}
