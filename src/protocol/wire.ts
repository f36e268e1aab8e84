/**
 * The messages of the peer wire, typed (BEP 3, 6, 9, 10, 52, 54).
 *
 * `Body` is the bytes of a block: a `Uint8Array` in life, a token in simulation. Nothing else of a message
 * depends on it.
 */

/** What both sides learn from the handshakes. */
export interface PeerFeatures {
  /** Reject, have-all, have-none, suggest (BEP 6). */
  readonly fast: boolean
  /** Extension protocol (BEP 10). */
  readonly extended: boolean
  /** The v2 bit was set on both sides: hash requests are understood (BEP 52). */
  readonly v2: boolean
}

/** Names an extension message that both sides may speak. */
export type ExtensionName = 'ut_metadata' | 'lt_donthave'

/** The extended handshake (BEP 10), checked and reduced to what is used. */
export interface ExtendedHandshake {
  readonly type: 'extended-handshake'
  /** Message ids under which the sender wants to receive each extension; 0 or absent: it does not. */
  readonly extensions: Readonly<Partial<Record<ExtensionName, number>>>
  /** Bytes of the info dict (BEP 9). */
  readonly metadataBytes?: number | undefined
  /** How many requests the sender keeps queued. */
  readonly requestsMax?: number | undefined
  /** Client name and version. */
  readonly client?: string | undefined
}

/** A run of hashes of one layer of a file's Merkle tree (BEP 52). */
export interface HashRange {
  /** The file's root, 32 bytes. */
  readonly piecesRoot: Uint8Array
  /** 0 is the leaf layer (16 KiB blocks). */
  readonly baseLayer: number
  /** Index of the first hash in the base layer; a multiple of `length`. */
  readonly index: number
  /** Count of hashes; a power of two, 2 to 512. */
  readonly length: number
  /**
   * Layers above the base layer that the answer must prove. Those within the run need no uncles: the answer carries
   * max(0, proofLayers − log2(length) + 1) of them (as libtorrent counts; see `metainfo/hash-ranges.ts`).
   */
  readonly proofLayers: number
}

export type WireMessage<Body> =
  | { readonly type: 'choke' }
  | { readonly type: 'unchoke' }
  | { readonly type: 'interested' }
  | { readonly type: 'not-interested' }
  | { readonly type: 'have'; readonly piece: number }
  /** One bit a piece, most significant first, spare bits zero. */
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | { readonly type: 'have-all' }
  | { readonly type: 'have-none' }
  | { readonly type: 'request'; readonly piece: number; readonly begin: number; readonly length: number }
  | { readonly type: 'cancel'; readonly piece: number; readonly begin: number; readonly length: number }
  | { readonly type: 'reject'; readonly piece: number; readonly begin: number; readonly length: number }
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly body: Body }
  | { readonly type: 'suggest'; readonly piece: number }
  | { readonly type: 'allowed-fast'; readonly piece: number }
  | ExtendedHandshake
  /** ut_metadata (BEP 9); pieces of 16 KiB. */
  | { readonly type: 'metadata-request'; readonly piece: number }
  | { readonly type: 'metadata-data'; readonly piece: number; readonly totalBytes: number; readonly bytes: Uint8Array }
  | { readonly type: 'metadata-reject'; readonly piece: number }
  /** The sender no longer has a piece (BEP 54). */
  | { readonly type: 'dont-have'; readonly piece: number }
  | ({ readonly type: 'hash-request' } & HashRange)
  /** `hashes`: the run itself, then the uncles from the bottom up, 32 bytes each. */
  | ({ readonly type: 'hashes'; readonly hashes: Uint8Array } & HashRange)
  | ({ readonly type: 'hash-reject' } & HashRange)

export type WireMessageType = WireMessage<unknown>['type']
