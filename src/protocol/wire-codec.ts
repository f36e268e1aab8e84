/**
 * The peer wire in bytes: its handshake, and each message with its length (BEP 3, 6, 9, 10, 52, 54).
 *
 * Frames are messages without their length, cut and checked for it by the framing guard; what they carry is read
 * in place, without copies.
 */
import { concatBytes, equalBytes, fromLatin1 } from '../metainfo/bytes.ts'
import { decodeHashMessage, encodeHashPayload } from './hashes.ts'
import { decodeExtended, encodeExtended } from './metadata.ts'
import type { ExtendedHandshake, ExtensionName, PeerFeatures, WireMessage } from './wire.ts'
import { MESSAGE_ID } from './wire-codec-lengths.ts'

/** Bytes of a handshake: name with its length, eight reserved, infohash, peer id. */
export const HANDSHAKE_BYTES = 68

const PROTOCOL_NAME = fromLatin1('\x13BitTorrent protocol')!

/** Where a feature has its bit in the handshake. */
const FEATURE_BITS: Readonly<Record<keyof PeerFeatures, { byte: number; bit: number }>> = {
  extended: { byte: 25, bit: 0x10 },
  fast: { byte: 27, bit: 0x04 },
  v2: { byte: 27, bit: 0x10 },
}

export interface Handshake {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** What the sender can do. */
  readonly features: PeerFeatures
}

export function encodeHandshake({ infoHash, peerId, features }: Handshake): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES)
  bytes.set(PROTOCOL_NAME)
  for (const [name, { byte, bit }] of Object.entries(FEATURE_BITS)) {
    if (features[name as keyof PeerFeatures]) bytes[byte]! |= bit
  }
  bytes.set(infoHash, 28)
  bytes.set(peerId, 48)
  return bytes
}

/** Whether a handshake may begin with these bytes, be they few or many. */
export function isHandshakeStart(bytes: Uint8Array): boolean {
  const name = bytes.subarray(0, PROTOCOL_NAME.length)
  return equalBytes(name, PROTOCOL_NAME.subarray(0, name.length))
}

/** Reads 68 bytes that begin as a handshake does. */
export function decodeHandshake(bytes: Uint8Array): Handshake {
  const has = ({ byte, bit }: { byte: number; bit: number }): boolean => (bytes[byte]! & bit) !== 0
  return {
    infoHash: bytes.slice(28, 48),
    peerId: bytes.slice(48),
    features: {
      fast: has(FEATURE_BITS.fast),
      extended: has(FEATURE_BITS.extended),
      v2: has(FEATURE_BITS.v2),
    },
  }
}

/**
 * One message, its length included, in one piece: header and payload apart would be two data-channel messages, at
 * half the speed.
 * @param peerExtensions under which ids the peer wants extension messages
 * @returns undefined for an extension message that the peer did not ask for: it gets nothing
 */
export function encodeMessage(
  message: WireMessage<Uint8Array>,
  peerExtensions: ExtendedHandshake['extensions'],
): Uint8Array | undefined {
  switch (message.type) {
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return frame(MESSAGE_ID[message.type], [message.piece])
    case 'request':
    case 'cancel':
    case 'reject':
      return frame(MESSAGE_ID[message.type], [message.piece, message.begin, message.length])
    case 'piece':
      return frame(MESSAGE_ID.piece, [message.piece, message.begin], message.body)
    case 'bitfield':
      return frame(MESSAGE_ID.bitfield, [], message.bits)
    case 'hash-request':
    case 'hashes':
    case 'hash-reject':
      return frame(MESSAGE_ID[message.type], [], encodeHashPayload(message))
    case 'extended-handshake':
      return extended(0, encodeExtended(message))
    case 'metadata-request':
    case 'metadata-data':
    case 'metadata-reject':
    case 'dont-have': {
      const name: ExtensionName = message.type === 'dont-have' ? 'lt_donthave' : 'ut_metadata'
      const id = peerExtensions[name]
      return id ? extended(id, encodeExtended(message)) : undefined
    }
    default:
      return frame(MESSAGE_ID[message.type])
  }
}

/**
 * Reads a frame whose length was found right for its id. Undefined for what is to be ignored: kinds that we do not
 * know, extensions that we never named, dicts that do not parse. A string says what is wrong with it.
 */
export function decodeMessage(bytes: Uint8Array): WireMessage<Uint8Array> | string | undefined {
  const id = bytes[0]!
  const type = TYPES[id]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (type) {
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      return { type }
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return { type, piece: view.getUint32(1) }
    case 'request':
    case 'cancel':
    case 'reject':
      return { type, piece: view.getUint32(1), begin: view.getUint32(5), length: view.getUint32(9) }
    case 'piece':
      return { type, piece: view.getUint32(1), begin: view.getUint32(5), body: bytes.subarray(9) }
    case 'bitfield':
      return { type, bits: bytes.subarray(1) }
    case 'extended':
      return decodeExtended(bytes[1]!, bytes.subarray(2))
    case 'hash-request':
    case 'hashes':
    case 'hash-reject':
      return decodeHashMessage(bytes) ?? `sent a malformed message ${id}`
    default:
      return undefined
  }
}

type WireName = keyof typeof MESSAGE_ID

const TYPES: Readonly<Partial<Record<number, WireName>>> = Object.fromEntries(
  Object.entries(MESSAGE_ID).map(([type, id]) => [id, type as WireName]),
)

function extended(extensionId: number, payload: Uint8Array): Uint8Array {
  return frame(MESSAGE_ID.extended, [], concatBytes([Uint8Array.of(extensionId), payload]))
}

function frame(id: number, numbers: readonly number[] = [], payload?: Uint8Array): Uint8Array {
  const headerBytes = 5 + 4 * numbers.length
  const bytes = new Uint8Array(headerBytes + (payload?.length ?? 0))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length - 4)
  bytes[4] = id
  for (let index = 0; index < numbers.length; index++) view.setUint32(5 + 4 * index, numbers[index]!)
  if (payload !== undefined) bytes.set(payload, headerBytes)
  return bytes
}
