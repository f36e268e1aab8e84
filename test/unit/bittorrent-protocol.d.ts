/** The part of bittorrent-protocol 5.0.9 that interoperation is tested with. */
declare module 'bittorrent-protocol' {
  import type { Duplex } from 'node:stream'

  export default class Wire extends Duplex {
    readonly peerId: string
    readonly hasFast: boolean
    readonly peerExtensions: { readonly extended: boolean }
    readonly peerPieces: { get(piece: number): boolean }
    readonly peerExtendedMapping: Readonly<Record<string, number>>
    readonly peerExtendedHandshake: Readonly<Record<string, unknown>>
    on(event: string, listener: (...details: unknown[]) => void): this
    once(event: string, listener: (...details: unknown[]) => void): this
    handshake(infoHash: Uint8Array, peerId: Uint8Array, extensions: { fast: boolean }): void
    unchoke(): void
    interested(): void
    have(piece: number): void
    bitfield(bits: Uint8Array): void
    haveAll(): void
    haveNone(): void
    suggest(piece: number): void
    allowedFast(piece: number): void
    request(piece: number, begin: number, length: number, done: (error: Error | null, body: Uint8Array) => void): void
    piece(piece: number, begin: number, body: Uint8Array): void
    cancel(piece: number, begin: number, length: number): void
    reject(piece: number, begin: number, length: number): void
    extended(id: number, dict: object): void
  }
}
