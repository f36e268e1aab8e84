/**
 * What happens to a torrent, written down, and waiting for it without sleeping. The same in Node and in pages, where it is
 * served as `/diary.js` and found at `globalThis.diaryOf`.
 */
import type { Torrent } from '../../../../src/torrent/torrent.ts'

export interface Entry {
  /** `CODE: sentence`. */
  readonly text: string
  readonly code: string
}

export interface Diary {
  readonly warnings: readonly Entry[]
  readonly states: readonly string[]
  /** Pieces verified, by where they came from. */
  readonly pieces: { peers: number; origin: number }
  /**
   * The first truthy value of `probe`, asked now and after every event of the torrent.
   * @throws Error that tells all of the torrent's state, after `timeoutMs` (@default 60 s)
   */
  until<T>(what: string, probe: () => T | undefined | false | null, timeoutMs?: number): Promise<T>
  /** What `promise` comes to, unless it takes too long. */
  within<T>(what: string, promise: Promise<T>, timeoutMs?: number): Promise<T>
  /** The first warning with this code, past or to come. */
  warning(code: string, timeoutMs?: number): Promise<Entry>
  /** The torrent as it is now, in words. */
  describe(): string
}

const PATIENCE_MS = 60_000
const EVENTS = ['state', 'ready', 'progress', 'piece', 'peer', 'tracker', 'warning', 'error', 'done', 'close'] as const

export function keepDiary(torrent: Torrent): Diary {
  const warnings: Entry[] = []
  const states: string[] = [torrent.state]
  const pieces = { peers: 0, origin: 0 }
  const watchers = new Set<() => void>()
  torrent.addEventListener('warning', ({ detail: { error } }) =>
    warnings.push({ code: error.code, text: `${error.code}: ${error.message}` }),
  )
  torrent.addEventListener('state', ({ detail: { state } }) => states.push(state))
  torrent.addEventListener('piece', ({ detail: { source } }) => {
    pieces[source]++
  })
  for (const name of EVENTS) {
    torrent.addEventListener(name, () => {
      for (const watcher of [...watchers]) watcher()
    })
  }

  const describe = (): string =>
    JSON.stringify({
      states,
      progress: torrent.progress,
      error: torrent.error && `${torrent.error.code}: ${torrent.error.message}`,
      stats: torrent.stats,
      peers: torrent.peers.map(({ id, client, progress, isChoking, isInterested }) => {
        return { id, client, progress, isChoking, isInterested }
      }),
      trackers: torrent.trackers,
      pieces,
      warnings: warnings.map(({ text }) => text),
    })

  const within = <T>(what: string, promise: Promise<T>, timeoutMs = PATIENCE_MS): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Waited for ${what} in vain; ${describe()}`)), timeoutMs)
      promise.then(resolve, reject).finally(() => clearTimeout(timer))
    })

  const until = <T>(what: string, probe: () => T | undefined | false | null, timeoutMs?: number): Promise<T> => {
    let look = (): void => {}
    const found = new Promise<T>((resolve, reject) => {
      look = () => {
        try {
          const value = probe()
          if (value) resolve(value)
        } catch (error) {
          reject(error)
        }
      }
    })
    watchers.add(look)
    look()
    return within(what, found, timeoutMs).finally(() => watchers.delete(look))
  }

  return {
    warnings,
    states,
    pieces,
    until,
    within,
    warning: (code, timeoutMs) =>
      until(`a warning ${code}`, () => warnings.find(warning => warning.code === code), timeoutMs),
    describe,
  }
}

declare global {
  /** In pages with `/diary.js`. */
  var diaryOf: typeof keepDiary
}

globalThis.diaryOf = keepDiary
