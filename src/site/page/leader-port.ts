/**
 * The leader's end of the bridge to the service worker: gets are answered piece by piece, as far as the worker's credit goes.
 *
 * A get that the swarms cannot serve sooner than the origin is refused at once (`none`): nothing that a page waits for is delayed by a search for peers.
 * Unless there is no other way (`need`).
 */
import { type FromLeader, readToLeader } from '../bridge.ts'
import type { Run } from './joined-swarm.ts'

/** What the leader has pieces from. */
export interface PieceSource {
  /**
   * Somebody waits for pieces `first` to `end` (exclusive) of the file with this root; undefined: the origin is to be asked.
   * @param isNeeded the origin was asked in vain
   */
  open(rootHex: string, first: number, end: number, isNeeded: boolean): Run | undefined
  /** The worker took this piece from the origin, verified it and put it into the store. */
  kept(rootHex: string, piece: number): void
}

interface Get {
  readonly run: Run
  credit: number
  /** Raises the wait for credit. */
  wake: () => void
  isCancelled: boolean
}

/** Gets of one worker that are served at a time: more than a page has requests. */
const GETS_MAX = 256

/** Browsers stop a worker that is fed by a page after 30 s without an event. */
const AWAKE_MS = 15_000
/** A worker that is owed pieces asks for a word every second; one that was silent for so long is no more. */
const SILENCE_MS = 15_000

export interface Serving {
  /** There is another port to the worker: what this one owes is given still, while somebody takes it. */
  retire(): void
  /** This tab leads no longer. */
  stop(): void
}

/** @param keepAwake called from time to time while pieces are owed */
export function serveWorker(port: MessagePort, source: PieceSource, keepAwake: () => void): Serving {
  const gets = new Map<number, Get>()
  let heardAt = performance.now()
  let isRetired = false
  const timer = setInterval(() => {
    const isSilent = performance.now() - heardAt >= SILENCE_MS
    if (isSilent) for (const id of gets.keys()) cancel(id)
    if (gets.size > 0) keepAwake()
    else if (isRetired) stop()
  }, AWAKE_MS)
  const say = (message: FromLeader, transfer: Transferable[] = []): void => port.postMessage(message, transfer)

  const serve = async (id: number, get: Get, first: number, end: number): Promise<void> => {
    try {
      for (let piece = first; piece < end; piece++) {
        while (get.credit <= 0 && !get.isCancelled) {
          await new Promise<void>(resolve => {
            get.wake = resolve
          })
        }
        if (get.isCancelled) return
        // A copy, for what is transferred is gone.
        const bytes = (await get.run.take(piece)).slice()
        if (get.isCancelled) return
        get.credit--
        say(['piece', id, piece, bytes], [bytes.buffer])
      }
    } catch {
      say(['none', id])
    } finally {
      get.run.end()
      gets.delete(id)
    }
  }

  const cancel = (id: number): void => {
    const get = gets.get(id)
    if (!get) return
    gets.delete(id)
    get.isCancelled = true
    // What it waits for may never come.
    get.run.end()
    get.wake()
  }

  port.onmessage = ({ data }) => {
    heardAt = performance.now()
    const message = readToLeader(data)
    switch (message?.[0]) {
      case 'ping':
        return say(['pong'])
      case 'kept':
        return source.kept(message[1], message[2])
      case 'more': {
        const get = gets.get(message[1])
        if (!get) return
        get.credit += message[2]
        return get.wake()
      }
      case 'cancel':
        return cancel(message[1])
      case 'get':
      case 'need': {
        const [word, id, rootHex, first, end, credit] = message
        const run =
          gets.size < GETS_MAX && !gets.has(id) ? source.open(rootHex, first, end, word === 'need') : undefined
        if (!run) return say(['none', id])
        const get: Get = { run, credit, wake: () => {}, isCancelled: false }
        gets.set(id, get)
        void serve(id, get, first, end)
      }
    }
  }

  function stop(): void {
    clearInterval(timer)
    if (!isRetired) say(['bye'])
    for (const id of gets.keys()) cancel(id)
    // A closed port delivers what was said before.
    port.close()
  }

  return {
    retire() {
      isRetired = true
    },
    stop,
  }
}
