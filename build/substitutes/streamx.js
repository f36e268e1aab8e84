// simple-peer is a stream, but its stream carries nothing here: net/channel.ts takes bytes before they are pushed.
// What remains of streamx's Duplex is events and a way to end.

export class Duplex {
  destroyed = false
  destroying = false
  #listeners = new Map()

  on(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
    return this
  }

  once(event, listener) {
    const once = (...args) => {
      this.removeListener(event, once)
      listener.apply(this, args)
    }
    return this.on(event, once)
  }

  removeListener(event, listener) {
    const listeners = this.#listeners.get(event) ?? []
    this.#listeners.set(
      event,
      listeners.filter(each => each !== listener),
    )
    return this
  }

  /** Like Node's: an `error` that nobody listens for is thrown. */
  emit(event, ...args) {
    const listeners = this.#listeners.get(event) ?? []
    if (event === 'error' && listeners.length === 0) throw args[0]
    for (const listener of listeners) listener.apply(this, args)
    return listeners.length > 0
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
