/** How long messages are on the wire: a length prefix of four bytes, an id, a payload (BEP 3, 6, 9, 10, 52). */
import type { WireMessage } from '../../src/protocol/wire.ts'
import type { Token } from './token.ts'

/** Bytes of the bencoded dicts of extension messages, about. */
const EXTENDED_HANDSHAKE_BYTES = 120
const METADATA_HEADER_BYTES = 45

export function wireBytes(message: WireMessage<Token>): number {
  switch (message.type) {
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      return 5
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return 9
    case 'dont-have':
      return 10
    case 'bitfield':
      return 5 + message.bits.length
    case 'request':
    case 'cancel':
    case 'reject':
      return 17
    case 'piece':
      return 13 + message.body.bytes
    case 'extended-handshake':
      return 6 + EXTENDED_HANDSHAKE_BYTES
    case 'metadata-request':
    case 'metadata-reject':
      return 6 + METADATA_HEADER_BYTES
    case 'metadata-data':
      return 6 + METADATA_HEADER_BYTES + message.bytes.length
    case 'hash-request':
    case 'hash-reject':
      return 53
    case 'hashes':
      return 53 + message.hashes.length
  }
}
