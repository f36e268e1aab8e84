/** Raises a torrent's events: each state once, progress at a bounded rate. */
import type { Emit } from './engine-options.ts'
import type { TorrentState } from './views.ts'

const PROGRESS_INTERVAL_MS = 100

export class Teller {
  emit: Emit = () => {}
  #lastState: TorrentState | undefined
  #progressAt = Number.NEGATIVE_INFINITY

  state(state: TorrentState): void {
    if (state === this.#lastState) return
    this.#lastState = state
    this.emit('state', { state })
  }

  /** @param progress asked only when it is told; 1 is always told */
  progress(progress: () => number, isLast = false): void {
    const now = performance.now()
    if (!isLast && now - this.#progressAt < PROGRESS_INTERVAL_MS) return
    this.#progressAt = now
    this.emit('progress', { progress: progress() })
  }
}
