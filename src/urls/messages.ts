/**
 * What the worker and a page say to each other.
 *
 * A URL is SCOPE/CLIENT/KEY/NAME. CLIENT is what the worker calls the page that made it, by which it finds that again after it was stopped;
 * KEY begins with the page's own `FileUrls`. Each request has a port of its own. Ports do not tell that the other end was killed; locks do:
 * who waits for one gets it when its holder is gone, however it went. So the page holds one while it lives, and the worker one for each request.
 */
import type { FileFacts } from './answer.ts'

/** From a page to the worker: what am I called (answered on the port by a string)? Or: do not stop, you have work of mine. */
export type PageCall = 'shoal-urls-who' | 'shoal-urls-stay'

/** From the worker to the page that made a URL. The answers come on the port that goes with it. */
export interface UrlRequest {
  readonly kind: 'shoal-urls-request'
  readonly key: string
  /** A lock that the worker holds as long as it lives and the request does. */
  readonly lock: string
}

/** From the page, on the request's port: first the facts, then a chunk for each 'more' until 'end'. */
export type FromPage =
  | { readonly kind: 'facts'; readonly facts: FileFacts }
  /** Revoked, or never there. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly message: string }

/** From the worker, on the request's port: first which bytes, then a credit for one chunk at a time, until the request is over. */
export type FromWorker =
  | { readonly kind: 'read'; readonly fromByte: number; readonly toByte: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'over' }

/** Hex characters of a key that are its `FileUrls`'. */
const OWNER_CHARACTERS = 16

export const URL_LIMITS = {
  /** A message's: small enough for flat memory, large enough that messages cost nothing. */
  chunkBytes: 256 * 1024,
  /** Of a stream in the worker, ahead of the browser. */
  aheadBytes: 1024 * 1024,
  /** Browsers stop a worker that has had no event for 30 s. */
  stayEveryMs: 10_000,
  /** Hidden pages may have one timer a minute. Below the five minutes that Chromium gives an event. */
  stayMs: 75_000,
  /** For the worker's first word. */
  answerMs: 10_000,
} as const

export function newOwner(): string {
  return randomHex(OWNER_CHARACTERS)
}

/** Nobody guesses it. */
export function newKey(owner: string): string {
  return owner + randomHex(32)
}

export function ownerOf(key: string): string {
  return key.slice(0, OWNER_CHARACTERS)
}

/** The lock of an owner. */
export function lockOf(owner: string): string {
  return `shoal-urls-${owner}`
}

/** The lock of a request. */
export function newLock(): string {
  return lockOf(randomHex(32))
}

/** Holds a lock that nobody else has. @returns what releases it */
export function holdLock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, () => new Promise<void>(release => resolve(release))).catch(reject)
  })
}

/** Calls back when whoever holds the lock is gone; at once where nobody does. */
export function whenReleased(name: string, signal: AbortSignal, onRelease: () => void): void {
  navigator.locks.request(name, { mode: 'shared', signal }, onRelease).catch(() => undefined)
}

/** Client and key of a URL of ours, by the worker's scope. */
export function partsOf(url: string, scope: string): { client: string; key: string } | undefined {
  if (!url.startsWith(scope)) return undefined
  const [, client, key] =
    /^([\w-]{8,64})\/([0-9a-f]{48})\/[^/]*$/.exec(url.slice(scope.length).replace(/[?#].*/, '')) ?? []
  return client === undefined || key === undefined ? undefined : { client, key }
}

function randomHex(characters: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(characters / 2))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
