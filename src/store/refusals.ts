/** The errors that stores raise, worded in one place. */
import { ShoalError } from '../errors.ts'
import { estimate } from './budget.ts'

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
    `The storage budget of ${mebibytes(facts.budgetBytes)} is full: ${mebibytes(facts.neededBytes)} ` +
      'more cannot be kept. Close or delete other torrents, or raise budgetBytes.',
    { details: { ...facts } },
  )
}

/** `what` completes the sentence "The browser could not …". */
export function storeFailed(what: string, cause: unknown): ShoalError {
  return new ShoalError('store-failed', `The browser could not ${what} (${cause}).`, { cause })
}

/**
 * Errors of the platform as ours. `what` completes the sentence "The browser could not …".
 * @param neededBytes what was to be written
 */
export async function sayingWhat<T>(what: string, work: Promise<T>, neededBytes = 0): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof ShoalError) throw cause
    if (isQuotaExceeded(cause)) throw mediumFull(cause, neededBytes, await estimate())
    if (neededBytes > 0 && cause instanceof Error && /^Not(Readable|Found)Error$/.test(cause.name)) {
      const message = 'A file changed or went away while it was being kept; choose it again.'
      throw new ShoalError('file-changed', message, { cause })
    }
    throw storeFailed(what, cause)
  }
}

export function isQuotaExceeded(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError'
}

/** The medium itself is full, whatever the budget says. */
function mediumFull(cause: unknown, neededBytes: number, { quota, usage }: StorageEstimate): ShoalError {
  const granted = quota === undefined ? '' : ` (the browser grants ${mebibytes(quota)} here)`
  return new ShoalError('quota', `There is no space left${granted}. Free some, or delete other torrents.`, {
    cause,
    details: { neededBytes, usageBytes: usage, quotaBytes: quota },
  })
}

function mebibytes(bytes: number): string {
  const count = bytes / (1024 * 1024)
  return `${count < 10 ? count.toFixed(1) : Math.round(count)} MiB`
}
