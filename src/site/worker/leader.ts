/** The worker's end of the bridge to the tab that leads. */
import { BRIDGE_LIMITS, readFromLeader, type ToLeader } from '../bridge.ts'
import type { SiteFile } from './site-file.ts'
import type { Source } from './sources.ts'

export interface Leader {
  /** Asks for pieces `first` to `end` (exclusive). @param word whether peers are asked who are there, or looked for */
  openRun(word: 'get' | 'need', file: SiteFile, first: number, end: number): Source
  say(message: ToLeader): void
}

/** @param onGone it will not send anything any more; it said so, or nothing */
export function followLeader(port: MessagePort, onGone: (word?: 'bye') => void): Leader {
  const gets = new Map<number, (piece?: number, bytes?: Uint8Array) => void>()
  let lastId = 0
  let heard = 0
  const say = (message: ToLeader): void => port.postMessage(message)

  /** Whatever it owes comes from elsewhere. */
  const dismiss = (word?: 'bye'): void => {
    for (const give of gets.values()) give()
    onGone(word)
  }

  port.onmessage = ({ data }) => {
    heard++
    const [word, id, piece, bytes] = readFromLeader(data) ?? []
    gets.get(id!)?.(piece, bytes)
    if (word === 'bye') dismiss(word)
  }

  return {
    say,
    openRun(word, file, first, end) {
      const id = ++lastId
      const { pieceBytes, rootHex } = file.listed
      const credit = Math.ceil(BRIDGE_LIMITS.creditBytes / pieceBytes)
      let next = first
      const start = (pieces: ReadableStreamDefaultController<Uint8Array>): void => {
        gets.set(id, (piece, bytes) => {
          // Its high-water mark is the credit: who sends more, or something else, is asked no more.
          if (bytes && piece === next++ && next <= end && pieces.desiredSize! > 0) return pieces.enqueue(bytes)
          gets.delete(id)
          pieces.error()
        })
      }
      const reader = new ReadableStream({ start }, { highWaterMark: credit }).getReader()
      say([word, id, rootHex, first, end, credit])
      return {
        async takePiece() {
          let heardBefore = -1
          // Whoever has said nothing since it was asked for a word last is gone.
          const look = (): void => {
            if (heard === heardBefore) dismiss()
            heardBefore = heard
            say(['ping'])
          }
          look()
          const timer = setInterval(look, BRIDGE_LIMITS.silenceMs)
          const { value } = await reader.read().finally(() => clearInterval(timer))
          say(['more', id, 1])
          return value!
        },
        giveUp() {
          gets.delete(id)
          say(['cancel', id])
        },
      }
    },
  }
}
