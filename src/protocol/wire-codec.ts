/**
 * The peer wire in bytes: its handshake, and each message with its length (BEP 3, 6, 9, 10, 52, 54).
 *
 * Frames are messages without their length, cut and checked for it by the framing guard; what they carry is read
 * in place, without copies.
 */
import { concatBytes, equalBytes, fromLatin1 } from '../metainfo/bytes.ts'
import { decodeHashMessage, encodeHashPayload } from './hashes.ts'
import { decodeExtended, encodeExtended, type ExtendedMessage } from './metadata.ts'
import type { ExtendedHandshake, PeerFeatures, WireMessage } from './wire.ts'
import { KINDS, type WireKind } from './wire-kinds.ts'

/** Bytes of a handshake: name with its length, eight reserved, infohash, peer id. */
export const HANDSHAKE_BYTES = 68

const PROTOCOL_NAME = fromLatin1('\x13BitTorrent protocol')!

/** Features in the byte 25 of the handshake (extended), and in the byte 27 (fast, v2). */
const EXTENDED = 0x10
const FAST = 0x04
const V2 = 0x10

export interface Handshake {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** What the sender can do. */
  readonly features: PeerFeatures
}

/** Ours: the extension protocol and the fast extension always. */
export function encodeHandshake({ infoHash, peerId, v2 }: Omit<Handshake, 'features'> & { v2: boolean }): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES)
  bytes.set(PROTOCOL_NAME)
  bytes[25] = EXTENDED
  bytes[27] = FAST | (v2 ? V2 : 0)
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
  return {
    infoHash: bytes.slice(28, 48),
    peerId: bytes.slice(48),
    features: {
      fast: (bytes[27]! & FAST) !== 0,
      extended: (bytes[25]! & EXTENDED) !== 0,
      v2: (bytes[27]! & V2) !== 0,
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
    case 'piece':
      return frame(message, message.body)
    case 'bitfield':
      return frame(message, message.bits)
    case 'hash-request':
    case 'hashes':
    case 'hash-reject':
      return frame(message, encodeHashPayload(message))
    case 'extended-handshake':
      return extended(0, message)
    case 'metadata-request':
    case 'metadata-data':
    case 'metadata-reject':
    case 'dont-have': {
      const id = peerExtensions[message.type === 'dont-have' ? 'lt_donthave' : 'ut_metadata']
      return id ? extended(id, message) : undefined
    }
    default:
      return frame(message)
  }
}

/**
 * Reads a frame whose length was found right for its id. Undefined for what is to be ignored: kinds that we do not
 * know, extensions that we never named, dicts that do not parse. A string says what is wrong with it.
 */
export function decodeMessage(bytes: Uint8Array): WireMessage<Uint8Array> | string | undefined {
  const { type, numbers } = KINDS[bytes[0]!] ?? {}
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (type) {
    case undefined:
    case 'port':
      return undefined
    case 'piece':
      return { type, piece: view.getUint32(1), begin: view.getUint32(5), body: bytes.subarray(9) }
    case 'bitfield':
      return { type, bits: bytes.subarray(1) }
    case 'extended':
      return decodeExtended(bytes[1]!, bytes.subarray(2))
    case 'hash-request':
    case 'hashes':
    case 'hash-reject':
      return decodeHashMessage(type, bytes) ?? `malformed ${type}`
    default: {
      // What is left consists of its numbers.
      const named = NUMBERS.slice(0, numbers).map((name, index) => [name, view.getUint32(1 + 4 * index)])
      return { type, ...Object.fromEntries(named) }
    }
  }
}

/** What the numbers of a message mean, in their order. */
const NUMBERS = ['piece', 'begin', 'length'] as const

const IDS: Readonly<Partial<Record<WireKind, number>>> = Object.fromEntries(
  Object.entries(KINDS).map(([id, kind]) => [kind?.type, Number(id)]),
)

function extended(extensionId: number, message: ExtendedMessage): Uint8Array {
  return frame({ type: 'extended' }, concatBytes([Uint8Array.of(extensionId), encodeExtended(message)]))
}

function frame(
  message: { readonly type: WireKind } & { readonly [K in (typeof NUMBERS)[number]]?: number },
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const id = IDS[message.type]!
  const numbers = NUMBERS.slice(0, KINDS[id]!.numbers)
  const headerBytes = 5 + 4 * numbers.length
  const bytes = new Uint8Array(headerBytes + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length - 4)
  bytes[4] = id
  for (const [index, name] of numbers.entries()) view.setUint32(5 + 4 * index, message[name]!)
  bytes.set(payload, headerBytes)
  return bytes
}
