/** How a command ends when it does not end well: one sentence and an exit code. */
import { ShoalError } from '../../errors.ts'

export const EXIT = { ok: 0, failure: 1, usage: 2 } as const

/** A signal's exit code is 128 and its number, as shells have it. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const

export type StopSignal = keyof typeof SIGNAL_EXIT

/** The command was called in a way that cannot work; the sentence says how it can. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command could not do its work; the sentence says why, and what helps. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** The reason of a command's AbortSignal: the person (or the system) asked it to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly signal: StopSignal

  constructor(signal: StopSignal) {
    super(`Stopped by ${signal}.`)
    this.signal = signal
  }
}

export interface Failure {
  readonly exitCode: number
  /** Absent: there is nothing to say. */
  readonly sentence?: string
}

/**
 * Says what went wrong.
 * @param signal of the command: whatever fails after it was stopped is the stopping
 */
export function describeFailure(error: unknown, signal: AbortSignal): Failure {
  const cause = signal.aborted && signal.reason instanceof Stopped ? signal.reason : error
  if (cause instanceof Stopped) return { exitCode: SIGNAL_EXIT[cause.signal] }
  if (cause instanceof UsageError) return { exitCode: EXIT.usage, sentence: cause.message }
  if (cause instanceof CommandError) return { exitCode: EXIT.failure, sentence: cause.message }
  if (cause instanceof ShoalError) {
    // A port that is taken is named as an argument, but the call was not wrong.
    const isUsage = cause.code === 'invalid-argument' && !isSystemError(cause.cause)
    return { exitCode: isUsage ? EXIT.usage : EXIT.failure, sentence: cause.message }
  }
  if (isSystemError(cause)) return { exitCode: EXIT.failure, sentence: systemSentence(cause) }
  const message = cause instanceof Error ? cause.message : String(cause)
  return {
    exitCode: EXIT.failure,
    sentence: `Something failed that should not: ${message}. Run again with SHOAL_DEBUG=1 and report what it prints.`,
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
}

/** Node's codes in words. */
function systemSentence(error: NodeJS.ErrnoException & { port?: number; address?: string }): string {
  const place = error.path ?? 'it'
  switch (error.code) {
    case 'ENOENT':
      return `There is no ${place}. Check the path.`
    case 'EACCES':
    case 'EPERM':
      return error.syscall === 'listen'
        ? `Port ${error.port} needs more rights than this user has. Choose one above 1023 with --port.`
        : `This user may not access ${place}. Check its permissions.`
    case 'EISDIR':
      return `${place} is a folder; a file is needed.`
    case 'ENOTDIR':
      return `${place} is not inside a folder. Check the path.`
    case 'EEXIST':
      return `${place} exists already. Choose another name or remove it.`
    case 'ENOSPC':
      return 'The disk is full. Free some space and run the same command again: it goes on where it stopped.'
    case 'EROFS':
      return `${place} is on a disk that cannot be written to. Choose another folder.`
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open. Raise the limit (ulimit -n) and run the same command again.'
    case 'EADDRINUSE':
      return `Port ${error.port} is in use. Stop what uses it, or choose another with --port (0 picks a free one).`
    case 'EADDRNOTAVAIL':
      return `${error.address ?? 'That address'} is not an address of this machine. Check --host.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host name could not be resolved (${error.message}). Check it and the network.`
    default:
      return `${error.message}.`
  }
}
