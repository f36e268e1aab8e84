/** Where pieces come from that are not in the store: one run of a file at a time, in order. */
import type { SiteFile } from './site-file.ts'

export interface Source {
  /** The next piece of the run, not verified. Rejects when it is not to be had. */
  takePiece(): Promise<Uint8Array>
  /** Nobody wants the rest. */
  giveUp(): void
}

/** What reads so many bytes of a stream, or what is left of it. */
export function reading(stream: ReadableStream<Uint8Array>): (length: number) => Promise<Uint8Array> {
  const reader = stream.getReader()
  let rest: Uint8Array = new Uint8Array()
  return async length => {
    const bytes = new Uint8Array(length)
    let at = 0
    while (at < length) {
      const chunk = rest.length ? rest : (await reader.read()).value
      if (!chunk) break
      const part = chunk.subarray(0, length - at)
      bytes.set(part, at)
      at += part.length
      rest = chunk.subarray(part.length)
    }
    return bytes.subarray(0, at)
  }
}

/**
 * The site's own server, asked for the listed bytes from piece `first` to `end` (exclusive): of the twin, where there is one. They go
 * into the store, and not into the browser's cache too. A server that knows no ranges sends all, of which the beginning is passed over. Whatever
 * else it may answer, an error's page or a twin that it calls an encoding, is told by its bytes.
 * @throws where there is no answer, or none for now
 */
export async function openOrigin(url: string, file: SiteFile, first: number, end: number): Promise<Source> {
  const { isGzip, pieceBytes } = file.listed
  const stopping = new AbortController()
  const { status, body } = await fetch(isGzip ? `${url}.gz` : url, {
    headers: { Range: `bytes=${first * pieceBytes}-${end * pieceBytes - 1}` },
    cache: 'no-store',
    signal: stopping.signal,
  })
  if (status > 499) throw new Error()
  const take = reading(body!)
  let piece = status === 206 ? first : 0
  return {
    async takePiece() {
      while (piece < first) await take(file.lengthOf(piece++))
      return take(file.lengthOf(piece++))
    },
    giveUp: () => stopping.abort(),
  }
}
