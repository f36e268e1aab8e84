// simple-peer and bittorrent-protocol are streams, but their streams carry nothing here: net/channel.ts and
// net/peer-wire.ts take bytes before they are pushed. What remains of streamx's Duplex is events and a way to end.

export class Duplex {
  destroyed = false
  destroying = false
  _readableState = { ended: false }
  #listeners = new Map()

  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? []
    this.#listeners.set(event, [...listeners, listener])
    return this
  }

  once(event, listener) {
    const once = (...args) => {
      this.removeListener(event, once)
      listener.apply(this, args)
    }
    once.listener = listener
    return this.on(event, once)
  }

  removeListener(event, listener) {
    const listeners = this.#listeners.get(event) ?? []
    const at = listeners.findLastIndex(each => each === listener || each.listener === listener)
    if (at >= 0) this.#listeners.set(event, listeners.toSpliced(at, 1))
    return this
  }

  /** Like Node's: an `error` that nobody listens for is thrown. */
  emit(event, ...args) {
    const listeners = this.#listeners.get(event) ?? []
    if (event === 'error' && listeners.length === 0) throw args[0]
    for (const listener of listeners) listener.apply(this, args)
    return listeners.length > 0
  }

  push() {
    return true
  }

  write() {
    return true
  }

  end() {
    return this
  }

  /** As in streamx, `_destroy` runs in a later microtask, once, and `close` follows it. */
  destroy(error) {
    if (this.destroying) return
    this.destroying = true
    queueMicrotask(() =>
      this._destroy(() => {
        this.destroyed = true
        if (error) this.emit('error', error)
        this.emit('close')
      }),
    )
  }

  _destroy(done) {
    done(null)
  }
}
