/** A peer that says whatever bytes it likes: a bare data channel to somebody whom a real tracker brought its offer to. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { type Channel, openChannel } from '../../../src/net/channel.ts'
import { toLatin1 } from '../../../src/metainfo/bytes.ts'
import { parseTrackerReply } from '../../../src/protocol/tracker-reply.ts'
import { encodeTrackerRequest } from '../../../src/protocol/tracker-request.ts'
import type { Lifetime } from './scope.ts'

export interface RawPeerOptions {
  readonly tracker: string
  /** 20 bytes. */
  readonly infoHash: Uint8Array
}

/** Longest wait for anything that must happen. */
const PATIENCE_MS = 30_000
const ATTEMPTS_MAX = 5

export class RawPeer {
  readonly peerId = `-XX0000-${randomBytes(6).toString('hex')}`
  /** Resolves with a reason when the other side hangs up; never rejects. */
  readonly closed: Promise<string>
  isClosed = false
  /** Resolves when the other side has said something, as it does a moment after the channel opened. */
  readonly #greeting: Promise<void>
  readonly #infoHash: Uint8Array
  readonly #channel: Channel

  private constructor(infoHash: Uint8Array, events: { opened(): void; offered(sdp: string): void }) {
    this.#infoHash = infoHash
    let onClosed: (reason: string) => void = () => {}
    let onGreeted: () => void = () => {}
    this.closed = new Promise(resolve => {
      onClosed = resolve
    })
    this.#greeting = new Promise(resolve => {
      onGreeted = resolve
    })
    this.#channel = openChannel(
      { initiator: true, trickle: false, iceServers: [] },
      {
        signal: signal => signal.type === 'offer' && events.offered(signal.sdp),
        open: () => events.opened(),
        message: () => onGreeted(),
        drained: () => {},
        closed: reason => {
          this.isClosed = true
          onClosed(reason)
        },
      },
    )
  }

  /** Resolves when the channel to one peer of the swarm is open; nothing has been said on it. */
  static async meet(lifetime: Lifetime, options: RawPeerOptions): Promise<RawPeer> {
    // WebRTC may fail to connect for no fault of either side; clients try again, and so does this.
    for (let attempt = 1; ; attempt++) {
      try {
        return await RawPeer.#meetOnce(lifetime, options)
      } catch (error) {
        if (attempt === ATTEMPTS_MAX) throw error
      }
    }
  }

  static async #meetOnce(lifetime: Lifetime, options: RawPeerOptions): Promise<RawPeer> {
    const socket = new WebSocket(options.tracker)
    lifetime.after(() => socket.terminate())
    try {
      return await RawPeer.#meetThrough(socket, lifetime, options)
    } catch (error) {
      // The tracker would hand the next offer to this one, who answers none.
      socket.terminate()
      throw error
    }
  }

  static async #meetThrough(socket: WebSocket, lifetime: Lifetime, { infoHash }: RawPeerOptions): Promise<RawPeer> {
    await once(socket, 'open')
    const offerId = randomBytes(10).toString('hex')
    const opened = new Promise<RawPeer>((resolve, reject) => {
      const announce = (sdp: string): void =>
        socket.send(
          encodeTrackerRequest({
            type: 'announce',
            infoHash: toLatin1(infoHash),
            peerId: peer.peerId,
            peersWanted: 1,
            uploaded: 0,
            downloaded: 0,
            left: 1,
            event: 'started',
            offers: [{ offerId, sdp }],
          }),
        )
      const peer: RawPeer = new RawPeer(infoHash, { opened: () => resolve(peer), offered: announce })
      lifetime.after(() => peer.close())
      void peer.closed.then(reason => reject(new Error(`The channel did not open: ${reason}`)))
      socket.on('message', data => {
        const reply = parseTrackerReply(String(data))
        if (reply.type === 'answer' && reply.offerId === offerId) {
          peer.#channel.signal({ type: 'answer', sdp: reply.sdp })
        }
      })
    })
    return within('an open channel', opened)
  }

  send(...parts: readonly (Uint8Array | readonly number[])[]): void {
    for (const part of parts) this.#channel.send(part instanceof Uint8Array ? part : Uint8Array.from(part))
  }

  /** The 68 bytes that a peer begins with: extension protocol, fast extension, v2. */
  handshake(infoHash: Uint8Array = this.#infoHash): Uint8Array {
    const bytes = new Uint8Array(68)
    bytes.set(new TextEncoder().encode('\x13BitTorrent protocol'))
    bytes[25] = 0x10
    bytes[27] = 0x14
    bytes.set(infoHash, 28)
    bytes.set(new TextEncoder().encode(this.peerId), 48)
    return bytes
  }

  /**
   * To be waited for before several messages whose order matters: of those that come while its listener is being set,
   * libdatachannel changed the order in one channel of 200.
   *
   * @throws Error when the other side says nothing
   */
  greeted(): Promise<void> {
    return within('a greeting', this.#greeting)
  }

  /** @throws Error when the other side does not hang up */
  hungUp(): Promise<string> {
    return within('the other side to hang up', this.closed)
  }

  close(): void {
    this.isClosed = true
    this.#channel.close()
  }
}

/** A message of the peer wire: length, id, unsigned 32-bit numbers, and what follows. */
export function frame(
  id: number,
  numbers: readonly number[] = [],
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const bytes = new Uint8Array(5 + 4 * numbers.length + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length - 4)
  bytes[4] = id
  for (const [i, number] of numbers.entries()) view.setUint32(5 + 4 * i, number)
  bytes.set(payload, 5 + 4 * numbers.length)
  return bytes
}

function within<T>(what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Waited for ${what} in vain`)), PATIENCE_MS)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
