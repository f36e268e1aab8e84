/** A peer that keeps to the protocol's form and lies in what it says: on our own network code, met through a real tracker. */
import { WebSocket } from 'ws'
import { createNetwork } from '../../../src/net/network.ts'
import type { Membership, MembershipEvents, PeerConnection } from '../../../src/ports.ts'
import type { WireMessage } from '../../../src/protocol/wire.ts'
import type { Metainfo } from '../../../src/metainfo/metainfo.ts'
import type { Lifetime } from './scope.ts'

type Message = WireMessage<Uint8Array>
export type Request = Message & { type: 'request' }

export interface HostilePeerOptions {
  readonly tracker: string
  readonly metainfo: Metainfo
  /** What it answers a request with; undefined: silence. */
  readonly answer: (request: Request) => Uint8Array | undefined
  /** What it answers to any other message that asks for one (metadata, hashes). @default rejects */
  readonly respond?: (message: Message) => Message | undefined
  /** Told as bytes of an info dict in the extended handshake. @default none: it has no metadata */
  readonly metadataBytes?: number
  /** 12 characters, so that several are told apart. */
  readonly name?: string
  /** 8 characters: the client it claims to be. @default ours */
  readonly client?: string
}

export class HostilePeer {
  readonly peerId: string
  /** Blocks that it sent. */
  sentBlocks = 0
  /** Pieces it sent blocks of, by index. */
  readonly sentPieces = new Set<number>()
  /** Connections that it ever had. */
  connections = 0
  /** Resolves when the first of them is closed and nothing that came on it is left to answer. */
  readonly hungUp: Promise<void>
  #onHungUp: () => void = () => {}
  readonly #options: HostilePeerOptions
  readonly #network
  readonly #membership: Membership

  constructor(lifetime: Lifetime, options: HostilePeerOptions) {
    this.#options = options
    this.hungUp = new Promise(resolve => {
      this.#onHungUp = resolve
    })
    this.peerId = (options.client ?? '-SH0100-') + (options.name ?? 'hostile').padEnd(12, '.').slice(0, 12)
    this.#network = createNetwork({ peerId: this.peerId, WebSocket })
    lifetime.after(() => this.#network.close())
    const { metainfo, tracker } = options
    this.#membership = this.#network.join(
      {
        infoHash: metainfo.wireInfoHash,
        trackers: [tracker],
        totals: () => ({ uploaded: 0, downloaded: 0, left: 0 }),
        v2: () => metainfo.layout.version !== 'v1',
      },
      this.#events(),
    )
    this.#membership.wanted(8)
  }

  /** Its id as `torrent.peers` shows it. */
  get hexId(): string {
    return Buffer.from(this.peerId, 'latin1').toString('hex')
  }

  #events(): MembershipEvents {
    return {
      found: peerIds => {
        for (const peerId of peerIds) this.#membership.dial(peerId)
      },
      offered: offer => this.#membership.accept(offer),
      opened: connection => this.#opened(connection),
      failed: () => {},
      warning: () => {},
      tracker: () => {},
    }
  }

  #opened(connection: PeerConnection): void {
    const { metainfo, metadataBytes } = this.#options
    this.connections++
    connection.setPieceCount(metainfo.layout.pieceCount)
    connection.send({
      type: 'extended-handshake',
      extensions: { ut_metadata: 1, lt_donthave: 3 },
      requestsMax: 256,
      ...(metadataBytes !== undefined && { metadataBytes }),
    })
    connection.send({ type: 'have-all' })
    connection.send({ type: 'unchoke' })
    connection.start({
      message: message => this.#onMessage(connection, message),
      writable: () => {},
      closed: () => this.#onHungUp(),
    })
  }

  #onMessage(connection: PeerConnection, message: Message): void {
    if (message.type === 'request') {
      const body = this.#options.answer(message)
      if (body === undefined) return
      this.sentBlocks++
      this.sentPieces.add(message.piece)
      connection.send({ type: 'piece', piece: message.piece, begin: message.begin, body })
      return
    }
    const answer = this.#options.respond?.(message) ?? rejection(message)
    if (answer !== undefined) connection.send(answer)
  }
}

function rejection(message: Message): Message | undefined {
  if (message.type === 'hash-request') return { ...message, type: 'hash-reject' }
  if (message.type === 'metadata-request') return { type: 'metadata-reject', piece: message.piece }
  return undefined
}
