/**
 * One connection between two members: both prove that they have the room's key before anything is told, and all that passes is
 * sealed with AES-256-GCM under keys made for this connection alone, a counter as the nonce. So nothing opens that was sealed by
 * somebody without the secret, or was recorded, repeated, reordered or left out by whoever carries it, trackers among them.
 */
import type { Channel } from '../../src/net/channel.ts'
import { Bucket } from './bucket.ts'
import { ROOM_LIMITS } from './limits.ts'
import type { FrameKind } from './room.ts'
import { linkKey } from './secret.ts'

const VERSION = 1
const RANDOM_BYTES = 32
const TAG_BYTES = 16
const NONCE_BYTES = 12
/** The last word's place in the count: it is sealed when the connection opens, for a page that ends cannot wait for its browser to seal. */
const FAREWELL = 2 ** 48
/** The first byte of what is sealed. */
const KINDS: readonly (FrameKind | 'proof')[] = ['proof', 'live', 'past', 'full']

export interface SealedLinkEvents {
  /** The other side has the key. */
  opened(): void
  frame(kind: FrameKind, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** Once, unless `close` was called. */
  failed(reason: string): void
}

export class SealedLink {
  readonly #channel: Pick<Channel, 'send' | 'bufferedBytes'>
  readonly #material: CryptoKey
  readonly #isOfferer: boolean
  readonly #lastWord: Uint8Array
  readonly #events: SealedLinkEvents
  readonly #own = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))
  readonly #frames = new Bucket(ROOM_LIMITS.frames)
  #keys: { readonly seal: CryptoKey; readonly open: CryptoKey } | undefined
  #hasGreeted = false
  #isProven = false
  #farewell: Uint8Array | undefined
  #isClosed = false
  #sealed = 0
  #opened = 0
  /** One after the other, in order: sealing and opening end when the browser likes. */
  #sending: Promise<void> = Promise.resolve()
  #receiving: Promise<void> = Promise.resolve()
  #waitingBytes = 0
  #unreadBytes = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    {
      channel,
      material,
      isOfferer,
      lastWord,
    }: {
      readonly channel: Pick<Channel, 'send' | 'bufferedBytes'>
      readonly material: CryptoKey
      readonly isOfferer: boolean
      /** What `farewell` says. */
      readonly lastWord: Uint8Array
    },
    events: SealedLinkEvents,
  ) {
    this.#channel = channel
    this.#material = material
    this.#isOfferer = isOfferer
    this.#lastWord = lastWord
    this.#events = events
  }

  /** The channel is open. Whoever offered speaks first: Chromium loses what comes just as the offerer's channel opens. */
  start(): void {
    this.#timer = setTimeout(
      () => this.#fail('The other side did not prove that it has the key.'),
      ROOM_LIMITS.proofTimeoutMs,
    )
    if (this.#isOfferer) this.#greet()
  }

  receive(bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.#unreadBytes += bytes.length
    const isTooMuch = !this.#frames.take(performance.now()) || this.#unreadBytes > ROOM_LIMITS.queueBytesMax
    if (isTooMuch || bytes.length > ROOM_LIMITS.frameBytesMax) return this.#fail('The other side sends too much.')
    // A copy: the view may be of a larger buffer.
    const frame = new Uint8Array(bytes)
    this.#receiving = this.#receiving
      .then(() => (this.#isClosed ? undefined : this.#read(frame)))
      .catch(() => this.#fail('What the other side sent does not open.'))
      .finally(() => {
        this.#unreadBytes -= frame.length
      })
  }

  /** Sends when all before it has been sent. Who does not read is given up. */
  send(kind: FrameKind | 'proof', bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes + this.#channel.bufferedBytes > ROOM_LIMITS.queueBytesMax) {
      return this.#fail('The other side does not read.')
    }
    this.#sending = this.#sending
      .then(async () => {
        if (this.#isClosed) return
        const sealed = await this.#seal(kind, bytes, this.#sealed++)
        this.#waitingBytes -= bytes.length
        if (!this.#isClosed) this.#channel.send(sealed)
      })
      .catch(() => this.#fail('Nothing can be sealed.'))
  }

  /** Sends the last word, within this turn: the page ends. */
  farewell(): void {
    if (this.#farewell !== undefined) this.#channel.send(this.#farewell)
    this.close()
  }

  /** Resolves when all that came was read, and all that was sent is with the channel. */
  async settled(): Promise<void> {
    await this.#receiving
    await this.#sending
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #greet(): void {
    if (this.#hasGreeted) return
    this.#hasGreeted = true
    const hello = new Uint8Array(1 + RANDOM_BYTES)
    hello[0] = VERSION
    hello.set(this.#own, 1)
    this.#channel.send(hello)
  }

  async #read(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#keys === undefined) return this.#agree(frame)
    const plain = await this.#open(frame)
    const kind = KINDS[plain[0]!]
    if (kind === undefined || (kind === 'proof') === this.#isProven) throw new Error('out of turn')
    if (kind !== 'proof') return this.#events.frame(kind, plain.slice(1))
    this.#isProven = true
    clearTimeout(this.#timer)
    this.#farewell = await this.#seal('live', this.#lastWord, FAREWELL)
    if (!this.#isClosed) this.#events.opened()
  }

  async #open(frame: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const { open } = this.#keys!
    const attempt = async (count: number): Promise<Uint8Array<ArrayBuffer>> =>
      new Uint8Array(await crypto.subtle.decrypt(algorithm(count), open, frame))
    return attempt(this.#opened++).catch(async error => {
      if (this.#opened > FAREWELL) throw error
      const lastWord = await attempt(FAREWELL)
      // Whatever else comes does not open.
      this.#opened = FAREWELL + 1
      return lastWord
    })
  }

  async #seal(kind: FrameKind | 'proof', bytes: Uint8Array, count: number): Promise<Uint8Array> {
    const plain = new Uint8Array(1 + bytes.length)
    plain[0] = KINDS.indexOf(kind)
    plain.set(bytes, 1)
    return new Uint8Array(await crypto.subtle.encrypt(algorithm(count), this.#keys!.seal, plain))
  }

  /** Both have named a random value: the keys are made of both, so that neither side can bring old ones back. */
  async #agree(hello: Uint8Array<ArrayBuffer>): Promise<void> {
    if (hello[0] !== VERSION || hello.length !== 1 + RANDOM_BYTES) throw new Error('no greeting')
    this.#greet()
    const theirs = hello.subarray(1)
    const salt = new Uint8Array(2 * RANDOM_BYTES)
    salt.set(this.#isOfferer ? this.#own : theirs)
    salt.set(this.#isOfferer ? theirs : this.#own, RANDOM_BYTES)
    const [offerer, answerer] = await Promise.all([
      linkKey(this.#material, salt, 'offerer'),
      linkKey(this.#material, salt, 'answerer'),
    ])
    this.#keys = this.#isOfferer ? { seal: offerer, open: answerer } : { seal: answerer, open: offerer }
    this.send('proof', new Uint8Array(0))
  }

  #fail(reason: string): void {
    if (this.#isClosed) return
    this.close()
    this.#events.failed(reason)
  }
}

function algorithm(count: number): AesGcmParams {
  const iv = new Uint8Array(NONCE_BYTES)
  new DataView(iv.buffer).setBigUint64(NONCE_BYTES - 8, BigInt(count))
  return { name: 'AES-GCM', iv, tagLength: TAG_BYTES * 8 }
}
