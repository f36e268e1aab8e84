/**
 * Brings a deploy, or its end, to the visitors who are connected: trackers are told the pointer, and hand it on. Visitors who load the page, and
 * seeders, do the same; this is for the owner who does not want to wait for one.
 */
import { WebSocket } from 'ws'
import { messageOf, ShoalError } from '../../errors.ts'
import { equalBytes } from '../../metainfo/bytes.ts'
import { encodePointer, fieldsOf } from '../../protocol/tracker-site.ts'
import { readable } from '../../protocol/readable.ts'
import { SITE_LIMITS, SITE_NAMES } from '../../site/limits.ts'

/** What came of telling one tracker; `failed` with the reason, in a few words. */
export type Told = 'told' | 'newer' | { readonly failed: string }

/** A tracker, or an origin, that takes longer is not there. */
const TIMEOUT_MS = 10_000

/** A swarm that nobody is in: trackers answer in order, so that the answer to this comes after whatever they say of the pointer. */
const NOBODY = '\0'.repeat(20)

/**
 * Checks that visitors who are told of the pointer find it, and what it points to, at the site.
 * @throws ShoalError `invalid-argument` when the site has another one, or none
 */
export async function checkIsLive(base: string, pointer: Uint8Array, signal: AbortSignal): Promise<void> {
  const url = base + SITE_NAMES.pointer
  const refuse = (what: string): never => {
    throw new ShoalError('invalid-argument', `${url} ${what}. Upload the folder first.`, { details: { url } })
  }
  let found: Uint8Array
  try {
    const response = await fetch(url, {
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (!response.ok) return refuse(`answers ${response.status}`)
    if (Number(response.headers.get('content-length')) > SITE_LIMITS.pointerBytesMax) return refuse('is no pointer')
    found = new Uint8Array(await response.arrayBuffer())
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ShoalError) throw error
    return refuse(`cannot be fetched (${messageOf(error)})`)
  }
  if (!equalBytes(found, pointer)) refuse('is another pointer than that of the folder')
}

/** Tells one tracker. Never throws but the signal's reason. */
export async function tellTracker(url: string, pointer: Uint8Array, signal: AbortSignal): Promise<Told> {
  signal.throwIfAborted()
  const socket = new WebSocket(url, { handshakeTimeout: TIMEOUT_MS })
  const stop = (): void => socket.terminate()
  const timer = setTimeout(stop, TIMEOUT_MS)
  signal.addEventListener('abort', stop)
  try {
    return await new Promise<Told>(resolve => {
      socket.on('error', error => resolve({ failed: error.message }))
      socket.on('close', () => resolve({ failed: `no answer in ${TIMEOUT_MS / 1000} s` }))
      socket.on('open', () => {
        socket.send(encodePointer(pointer))
        socket.send(JSON.stringify({ action: 'scrape', info_hash: NOBODY }))
      })
      socket.on('message', data => {
        const outcome = outcomeOf(String(data))
        if (outcome !== undefined) resolve(outcome)
      })
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    socket.close()
    signal.throwIfAborted()
  }
}

function outcomeOf(text: string): Told | undefined {
  const fields = fieldsOf(text)
  const reason = fields?.['failure reason']
  if (typeof reason === 'string') return { failed: readable(reason, 200) }
  if (fields?.action === 'pointer') return 'newer'
  return fields?.action === 'scrape' ? 'told' : undefined
}
