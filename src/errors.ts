/**
 * What can go wrong, by name. The code is for programs, the message is for people and says what to do.
 *
 * Three kinds of failure are never mixed: a caller's mistake or an outcome the caller must know throws (or
 * reports) a `ShoalError`; a peer's misbehaviour is a value inside the swarm (drop, count, ban); a broken
 * invariant of our own asserts.
 */
export type ShoalErrorCode =
  // what was passed in
  | 'invalid-argument' // an option or argument of the wrong kind
  | 'invalid-bencode'
  | 'invalid-torrent'
  | 'invalid-magnet'
  | 'invalid-path' // a file name that no safe name can be made of
  | 'duplicate-torrent' // already added to this client
  | 'closed' // the client or torrent was closed
  | 'aborted'
  // the torrent itself
  | 'inconsistent-hashes' // the v1 and v2 halves of a hybrid describe different content
  | 'metadata-unavailable' // peers were found, none has the file list
  | 'file-changed' // a file being seeded is no longer what was hashed
  // the network
  | 'no-webrtc'
  | 'tracker-unreachable'
  | 'tracker-refused' // the tracker answered with a failure reason
  | 'peer-unreachable'
  | 'web-seed-failed'
  | 'blocked-address' // a URL that points at a private or loopback address
  | 'protocol' // a peer or tracker broke the protocol; the sentence says how
  // a site's manifest or pointer, which is not used; the site goes on by plain HTTP
  | 'site-format' // damaged, or not as src/site/FORMAT.md has it
  | 'site-oversize'
  | 'site-key' // signed with another key than the page names
  | 'site-signature' // altered after it was signed
  | 'site-expired'
  | 'site-older' // an older version than was seen before
  | 'site-base' // made for another address
  | 'site-mismatch' // pointer and manifest do not belong together
  | 'site-gone' // there is no pointer
  | 'site-unsupported' // no Ed25519 here
  // addresses of files
  | 'no-file-urls' // no service worker here that could answer them
  // storage
  | 'quota'
  | 'store-failed'

export interface ShoalErrorOptions {
  cause?: unknown
  /** Facts for programs: which URL, which piece, which limit. */
  details?: Record<string, unknown>
}

/** The one error class of the library. */
export class ShoalError extends Error {
  override readonly name = 'ShoalError'
  readonly code: ShoalErrorCode
  readonly details: Record<string, unknown>

  constructor(code: ShoalErrorCode, message: string, options: ShoalErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Any failure as a ShoalError: itself, `aborted`, or `store-failed` with what was being done. */
export function toShoalError(cause: unknown, sentence: string): ShoalError {
  if (cause instanceof ShoalError) return cause
  if (cause instanceof DOMException && cause.name === 'AbortError')
    return new ShoalError('aborted', 'Stopped.', { cause })
  return new ShoalError('store-failed', `${sentence} (${messageOf(cause)})`, { cause })
}

/** What was thrown, in words. Node hides what went wrong in the cause. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

/** Asserts an invariant of our own code; a failure is a bug in Shoal, never a peer's or caller's doing. */
export function assert(condition: unknown, what = 'a bug'): asserts condition {
  if (!condition) throw new Error(`Shoal went wrong: ${what}. Please report this.`)
}
