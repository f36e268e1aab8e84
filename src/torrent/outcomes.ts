/** What a swarm reports, in words for people: warnings that it goes on from, and ends. */
import { ShoalError, type ShoalErrorCode } from '../errors.ts'
import type { Report } from '../swarm/events.ts'

export interface Outcome {
  readonly error: ShoalError
  /** The torrent stops. */
  readonly isFatal: boolean
}

/** undefined: nothing that a person must be told. */
export function outcomeOf(report: Report): Outcome | undefined {
  const { type: _, ...details } = report
  const warning = (code: ShoalErrorCode, message: string): Outcome => {
    return { error: new ShoalError(code, message, { details }), isFatal: false }
  }
  switch (report.type) {
    case 'damaged':
      return warning('protocol', 'Discarded 1 damaged piece; fetching it again.')
    case 'banned':
      return warning('protocol', `Blocked a peer: it ${report.reason}.`)
    case 'web-seed-failed':
      return warning('web-seed-failed', `The web seed ${report.url} is not asked any more.`)
    case 'unavailable': {
      if (report.pieces === 0) return undefined
      const what = `Nobody connected has ${report.pieces} of the missing pieces.`
      return warning('peer-unreachable', `${what} They are fetched as soon as somebody has them.`)
    }
    case 'inconsistent': {
      const what = 'The two halves of this hybrid torrent describe different content.'
      const error = new ShoalError('inconsistent-hashes', `${what} Ask for a new torrent.`, { details })
      return { error, isFatal: true }
    }
    case 'unreadable':
      return { error: report.error, isFatal: true }
    default:
      return undefined
  }
}
