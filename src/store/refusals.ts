/** The errors that stores raise, worded in one place. */
import { ShoalError } from '../errors.ts'

export function closedStore(): ShoalError {
  return new ShoalError('closed', 'The store was closed; open a new client to go on.')
}

/** There is no room that may be made: what is stored belongs to torrents in use. */
export function overBudget(facts: {
  neededBytes: number
  usedBytes: number
  budgetBytes: number
  /** What could have been evicted, and was not because it would not have been enough. */
  evictableBytes: number
}): ShoalError {
  return new ShoalError(
    'quota',
    `The storage budget of ${mebibytes(facts.budgetBytes)} is full with what is open now, so ${mebibytes(facts.neededBytes)} ` +
      'more cannot be kept. Close or delete other torrents, or raise budgetBytes.',
    { details: { ...facts } },
  )
}

/** The medium itself is full, whatever the budget says. */
export function mediumFull(facts: { neededBytes: number; usageBytes?: number; quotaBytes?: number }, cause: unknown) {
  const { quotaBytes } = facts
  return new ShoalError(
    'quota',
    `There is no space left for downloads${quotaBytes === undefined ? '' : ` (the browser grants ${mebibytes(quotaBytes)} here)`}. ` +
      'Free some disk space or delete other torrents, then try again.',
    { cause, details: { ...facts } },
  )
}

/** `what` completes the sentence "The browser could not …". */
export function storeFailed(what: string, cause: unknown): ShoalError {
  const { name, message } =
    cause instanceof Error || cause instanceof DOMException ? cause : { name: 'Error', message: String(cause) }
  return new ShoalError('store-failed', `The browser could not ${what} (${name}${message ? `: ${message}` : ''}).`, {
    cause,
  })
}

/** Errors of the platform as ours. `what` completes the sentence "The browser could not …". */
export async function sayingWhat<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof ShoalError ? error : storeFailed(what, error)
  }
}

function mebibytes(bytes: number): string {
  const count = bytes / (1024 * 1024)
  return `${count < 10 ? count.toFixed(1) : Math.round(count)} MiB`
}
