/** Measures how long connections take that a page offers, whoever makes them. Served to pages as /set-up.js. */

const measuredMs: number[] = []

/** From the wish for a connection to the first message from the other side, which is its handshake. */
class MeasuredConnection extends RTCPeerConnection {
  readonly #startedAt = performance.now()

  override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
    const channel = super.createDataChannel(label, options)
    const take = (): unknown => measuredMs.push(performance.now() - this.#startedAt)
    channel.addEventListener('message', take, { once: true })
    return channel
  }
}

declare global {
  /** ms, one for each connection. */
  var setUpsMs: readonly number[] | undefined
}

globalThis.RTCPeerConnection = MeasuredConnection
globalThis.setUpsMs = measuredMs
