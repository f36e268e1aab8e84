// simple-peer is a stream, but its stream carries nothing here: net/channel.ts takes bytes before they are pushed.
// What remains of streamx's Duplex is events and a way to end.

export class Duplex {
  destroyed = false
  destroying = false
  #listeners = []

  on(event, listener) {
    this.#listeners.push({ event, listener })
  }

  /** What is waited for once happens once: candidates are complete. */
  once(event, listener) {
    this.on(event, listener)
  }

  emit(event, detail) {
    for (const each of this.#listeners) if (each.event === event) each.listener(detail)
  }

  /** As in streamx, `_destroy` runs in a later microtask, once. */
  destroy() {
    if (this.destroying) return
    this.destroying = true
    queueMicrotask(() =>
      this._destroy(() => {
        this.destroyed = true
      }),
    )
  }
}
