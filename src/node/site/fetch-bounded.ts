/** Fetches a small file of a site: its pointer, its manifest, the .torrent of a bulk file. */
import { messageOf, ShoalError } from '../../errors.ts'
import type { Fetch } from '../../site/origin-urls.ts'

/** A server that takes longer is tried again later. */
const TIMEOUT_MS = 30_000

export interface FetchOptions {
  readonly bytesMax: number
  readonly fetch: Fetch
  readonly signal: AbortSignal
}

/** @throws ShoalError `web-seed-failed` when it cannot be had, or has more than `bytesMax`; the signal's reason */
export async function fetchBounded(url: string, options: FetchOptions): Promise<Uint8Array> {
  const { bytesMax, fetch, signal: stop } = options
  try {
    // What caches on the way hold may be of the deploy before.
    const headers = { 'Cache-Control': 'no-cache' }
    const response = await fetch(url, { headers, signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]) })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      if (length > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`)
      chunks.push(chunk)
    }
    return new Uint8Array(Buffer.concat(chunks))
  } catch (cause) {
    stop.throwIfAborted()
    throw new ShoalError('web-seed-failed', `${url} could not be fetched: ${messageOf(cause)}.`, {
      cause,
      details: { url },
    })
  }
}
