/** The answer to one request for a listed file: which sources it is made of, in which order, and what is kept of them. */
import type { Answer } from '../http.ts'
import type { Listed } from '../table.ts'
import type { Leader } from './leader.ts'
import type { FetchEvent } from './scope.ts'
import { openFile, type SiteFile } from './site-file.ts'
import { openOrigin, reading, type Source } from './sources.ts'

export interface Errand {
  readonly fetching: FetchEvent
  readonly listed: Listed
  /** Of the site's keys. */
  readonly siteScope: string
  readonly answer: Answer
  /** Nothing is painted without it, so that it waits for nobody. */
  readonly isPainted: boolean
  /** The tab that leads, as far as it has said so, or once it has had time to. */
  readonly finding: Leader | undefined | Promise<Leader | undefined>
  /** Waits for one, as nobody else can be asked. */
  needLeader(): Leader | undefined | Promise<Leader | undefined>
  /** The origin has other bytes than are listed: it answers this file from now on. */
  distrust(): void
  /** No more is to come; until then the event takes work that the worker must live for. */
  endErrand(): void
}

/** @throws where the origin must be asked as if nobody were here: nothing was promised yet then */
export async function respond(errand: Errand): Promise<Response> {
  const { listed, answer, endErrand } = errand
  const { request } = errand.fetching
  if (answer.startByte === answer.endByte) {
    endErrand()
    return new Response(null, answer)
  }
  // Parts must agree with each other, validators and all, wherever they come from: only what is whole may be the origin's own answer.
  const isWhole = !request.headers.has('range')
  if (isWhole && listed.isImmutable) {
    const cached = await fetch(request, { mode: 'same-origin', cache: 'only-if-cached' }).catch(() => undefined)
    if (cached?.ok) {
      endErrand()
      return cached
    }
  }
  // Not beside the look into the browser's cache: that has the most of a page that is seen again, and the database takes the time of what it would paint.
  const file = await openFile(listed, errand.siteScope)
  const leader = await errand.finding
  // What nobody here has is painted as if there were no worker, and goes from the browser's cache into the store when the page is idle. Only that:
  // Firefox does not hang up when a page gives such an answer up. A twin is asked for by its own name, for what the origin sends for the file cannot
  // be verified.
  const isPassedOn = isWhole && errand.isPainted && !listed.isGzip && !file.hasAny && !leader
  if (isPassedOn) {
    const response = await fetch(request).catch(() => {})
    request.signal.throwIfAborted()
    if (response && response.status < 500) {
      endErrand()
      return response
    }
  }
  // Nothing can be verified without them: the origin's plain answer is all there is then, and nothing was promised yet.
  await file.hashes
  const pieces = splice(errand, file, leader, isPassedOn)
  const chunks = listed.isGzip
    ? cut(inflated(pieces, listed.pieceBytes), answer.startByte, answer.endByte - answer.startByte)
    : cut(pieces, answer.startByte % listed.pieceBytes, answer.endByte - answer.startByte)
  // With the first chunk it is certain that the listed bytes are to be had from somewhere.
  return new Response(streamOf(chunks, endErrand, await chunks.drawNext()), answer)
}

/** What hands out bytes, in chunks of any length; at the end of none, or undefined. */
interface Chunks {
  drawNext(): Promise<Uint8Array | undefined>
  giveUp(): void
}

/**
 * Genuine pieces of the store, the leader and the origin, in order. What cannot be had is an error: never a mixture.
 * @param isOriginDown it was asked already, and did not answer
 */
function splice(errand: Errand, file: SiteFile, leader: Leader | undefined, isOriginDown: boolean): Chunks {
  const { answer, listed } = errand
  const { isGzip, pieceBytes, rootHex } = listed
  // Inflating begins at the beginning, and its end is known by its bytes.
  let piece = isGzip ? 0 : Math.floor(answer.startByte / pieceBytes)
  const end = isGzip ? file.pieceCount : Math.ceil(answer.endByte / pieceBytes)
  let runEnd = 0
  let source: Source | undefined
  let isStopped = false
  let keeping: Promise<unknown> | undefined
  /** In the order in which they are asked: peers who are there, the origin, and without one whoever can be found. Who fails once is not asked again. */
  const places: (() => Source | Promise<Source>)[] = [
    async () => (await errand.needLeader())!.openRun('need', file, piece, runEnd),
  ]
  if (!isOriginDown) places.unshift(() => openOrigin(errand.fetching.request.url, file, piece, runEnd))
  if (leader) places.unshift(() => leader.openRun('get', file, piece, runEnd))

  const leave = (): void => {
    source?.giveUp()
    source = undefined
  }

  const fetchPiece = async (): Promise<Uint8Array> => {
    for (;;) {
      try {
        if (!source) {
          for (runEnd = piece + 1; runEnd < end && !file.holds(runEnd); ) runEnd++
          source = await places[0]!()
        }
        if (isStopped) throw new Error()
        const bytes = await source.takePiece()
        if (!(await file.isGenuine(piece, bytes))) {
          // The origin has answered, and not with the listed bytes.
          if (places.length === 2) {
            errand.distrust()
            places.length = 0
          }
          throw new Error()
        }
        // What the leader sends is in the store already.
        if (places.length === 2) {
          const kept = piece
          // Not faster than pieces are kept, lest they gather in memory.
          await keeping
          keeping = file
            .keepPiece(piece, bytes)
            .then(() => leader?.say(['kept', rootHex, kept]))
            .catch(() => {})
        }
        return bytes
      } catch (error) {
        leave()
        places.shift()
        if (isStopped || places.length === 0) throw error
      }
    }
  }

  return {
    async drawNext() {
      if (piece === end) return undefined
      const bytes = (await file.readPiece(piece)) ?? (await fetchPiece())
      if (++piece === runEnd) leave()
      return bytes
    },
    giveUp() {
      isStopped = true
      leave()
    },
  }
}

function inflated(chunks: Chunks, chunkBytes: number): Chunks {
  const take = reading(streamOf(chunks).pipeThrough(new DecompressionStream('gzip')))
  return { drawNext: () => take(chunkBytes), giveUp: chunks.giveUp }
}

/** So many bytes after those that are skipped, or an error: never fewer. */
function cut({ drawNext, giveUp }: Chunks, skip: number, left: number): Chunks {
  return {
    async drawNext() {
      while (left > 0) {
        const bytes = await drawNext()
        if (!bytes?.length) throw new Error()
        const part = bytes.subarray(skip).subarray(0, left)
        skip = Math.max(0, skip - bytes.length)
        left -= part.length
        if (part.length > 0) return part
      }
      giveUp()
      return undefined
    },
    giveUp,
  }
}

/**
 * @param end called when the stream is closed, failed or cancelled
 * @param head what was taken before
 */
function streamOf(
  { drawNext, giveUp }: Chunks,
  end?: () => void,
  head?: Uint8Array,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const bytes = head ?? (await drawNext())
          head = undefined
          if (bytes?.length) return controller.enqueue(bytes as Uint8Array<ArrayBuffer>)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
        end?.()
      },
      cancel() {
        giveUp()
        end?.()
      },
    },
    { highWaterMark: 0 },
  )
}
