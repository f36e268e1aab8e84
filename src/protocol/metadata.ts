/**
 * Messages of the extension protocol: its handshake (BEP 10), metadata exchange (BEP 9) and lt_donthave (BEP 54).
 */
import { ShoalError } from '../errors.ts'
import { BencodeDict, decodePrefix, encode } from '../metainfo/bencode.ts'
import { concatBytes } from '../metainfo/bytes.ts'
import { BLOCK_BYTES, METAINFO_LIMITS, WIRE_LIMITS } from '../options.ts'
import { readable } from './readable.ts'
import type { ExtendedHandshake, ExtensionName, WireMessage } from './wire.ts'

/**
 * The ids under which we take extension messages; what our extended handshake should name. They are those that
 * WebTorrent uses, for clients that never look.
 */
export const EXTENSION_IDS: Readonly<Record<ExtensionName, number>> = { ut_metadata: 1, lt_donthave: 3 }

export type ExtendedMessage = Extract<
  WireMessage<Uint8Array>,
  { type: 'extended-handshake' | 'metadata-request' | 'metadata-data' | 'metadata-reject' | 'dont-have' }
>

/** By their `msg_type` (BEP 9). */
const METADATA_TYPES = ['metadata-request', 'metadata-data', 'metadata-reject'] as const

/** Nesting of these dicts: the handshake's `m` is a dict in a dict; others put more in, which is skipped. */
const DEPTH_MAX = 8

/** Characters of a client's name; it is shown to people. */
const CLIENT_CHARS_MAX = 64

/** The payload of an extension message, the extension's id not included. */
export function encodeExtended(message: ExtendedMessage): Uint8Array {
  switch (message.type) {
    case 'extended-handshake':
      return encode({
        m: { ...message.extensions },
        metadata_size: message.metadataBytes,
        reqq: message.requestsMax,
        v: message.client,
      })
    case 'dont-have': {
      const payload = new Uint8Array(4)
      new DataView(payload.buffer).setUint32(0, message.piece)
      return payload
    }
    default: {
      const { type, piece } = message
      const head = { msg_type: METADATA_TYPES.indexOf(type), piece }
      if (type !== 'metadata-data') return encode(head)
      return concatBytes([encode({ ...head, total_size: message.totalBytes }), message.bytes])
    }
  }
}

/**
 * Reads the payload of an extension message that came under `id` (0: the handshake, else one of `EXTENSION_IDS`).
 * Undefined for ids that we never named and for payloads that say nothing usable: both are to be ignored, as
 * BEP 10 asks. Bytes of metadata are a view of `payload`.
 */
export function decodeExtended(id: number, payload: Uint8Array): ExtendedMessage | undefined {
  if (id === EXTENSION_IDS.lt_donthave) return decodeDontHave(payload)
  if (id !== 0 && id !== EXTENSION_IDS.ut_metadata) return undefined
  const read = readDict(payload)
  if (read === undefined) return undefined
  return id === 0 ? decodeHandshake(read.dict) : decodeMetadata(read.dict, payload.subarray(read.end))
}

function decodeHandshake(dict: BencodeDict): ExtendedHandshake {
  const requestsMax = within(dict.integer('reqq'), 1, Number.POSITIVE_INFINITY)
  const client = dict.text('v')
  return {
    type: 'extended-handshake',
    extensions: readExtensions(dict.dict('m')),
    metadataBytes: within(dict.integer('metadata_size'), 1, METAINFO_LIMITS.metadataBytesMax),
    requestsMax: requestsMax && Math.min(requestsMax, WIRE_LIMITS.requestsAdvertisedMax),
    client: client && readable(client, CLIENT_CHARS_MAX),
  }
}

function readExtensions(m: BencodeDict | undefined): Partial<Record<ExtensionName, number>> {
  const extensions: Partial<Record<ExtensionName, number>> = {}
  for (const name of ['lt_donthave', 'ut_metadata'] as const) {
    const id = within(m?.integer(name), 0, 255)
    if (id !== undefined) extensions[name] = id
  }
  return extensions
}

function decodeMetadata(dict: BencodeDict, bytes: Uint8Array): ExtendedMessage | undefined {
  const type = METADATA_TYPES[dict.integer('msg_type') ?? -1]
  const piece = within(dict.integer('piece'), 0, Math.ceil(METAINFO_LIMITS.metadataBytesMax / BLOCK_BYTES) - 1)
  if (piece === undefined || type === undefined) return undefined
  if (type !== 'metadata-data') return { type, piece }
  const totalBytes = within(dict.integer('total_size'), 1, METAINFO_LIMITS.metadataBytesMax)
  if (totalBytes === undefined || bytes.length !== Math.min(BLOCK_BYTES, totalBytes - piece * BLOCK_BYTES))
    return undefined
  return { type: 'metadata-data', piece, totalBytes, bytes }
}

function decodeDontHave(payload: Uint8Array): ExtendedMessage | undefined {
  if (payload.length !== 4) return undefined
  return { type: 'dont-have', piece: new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0) }
}

function readDict(payload: Uint8Array): { dict: BencodeDict; end: number } | undefined {
  try {
    const { value, end } = decodePrefix(payload, DEPTH_MAX)
    return value instanceof BencodeDict ? { dict: value, end } : undefined
  } catch (error) {
    // A stranger's mistake is a value here, not an exception.
    if (error instanceof ShoalError) return undefined
    throw error
  }
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined
}
