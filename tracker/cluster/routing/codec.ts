/**
 * Batches as text: one JSON object, into which SDPs go as the text that they came as, and out of which they are cut again, so that they are
 * never written a second time. What comes over a bus is input like any other: every field is checked for form and bounds (`checks.ts`). PURE.
 */
import { toLatin1 } from '../../../src/metainfo/bytes.ts'
import { sdpTexts } from '../../../src/protocol/sdp-text.ts'
import type { TrackerReply } from '../../../src/protocol/tracker-reply.ts'
import type { TrackerRequest } from '../../../src/protocol/tracker-request.ts'
import { type Fields, isFields } from '../../../src/protocol/tracker.ts'
import type { ToldPointer } from '../../swarms/sites.ts'
import { parseItem } from './checks.ts'
import type { Batch, Item } from './items.ts'

export interface BatchBounds {
  readonly charsMax: number
  readonly itemsMax: number
}

/** What stands before the items; they follow as text, separated by commas. */
export function encodeBatch({ from, stream, sequence }: Omit<Batch, 'items'>, items: readonly string[]): string {
  return `{"from":"${from}","stream":${stream},"sequence":${sequence},"items":[${items.join(',')}]}`
}

/** Reads a batch. undefined: it is none. A part of it that is none is left out. */
export function parseBatch(text: string, { charsMax, itemsMax }: BatchBounds): Batch | undefined {
  if (text.length > charsMax) return undefined
  const fields = parseJson(text)
  if (!fields) return undefined
  const { from, stream, sequence, items } = fields
  if (!isNodeId(from) || !isPositive(stream) || !isPositive(sequence)) return undefined
  if (!Array.isArray(items) || items.length > itemsMax) return undefined
  const texts = sdpTexts(text)
  let at = 0
  const read = items.flatMap(item => parseItem(item, () => texts[at++]) ?? [])
  // Where something else has an `sdp` too, it is not worth telling whose is whose.
  const isClear = at === texts.length
  return {
    from,
    stream,
    sequence,
    items: isClear ? read : items.flatMap(item => parseItem(item, () => undefined) ?? []),
  }
}

export function isNodeId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)
}

export function encodeItem(item: Item): string {
  switch (item.type) {
    case 'message':
      return `{"type":"message","connection":${item.connection},"request":${encodeRequest(item.request)}}`
    case 'send':
      return `{"type":"send","to":${item.to},"reply":${encodeReply(item.reply)}}`
    case 'pointer':
      return JSON.stringify({ type: 'pointer', connection: item.connection, told: plain(item.told) })
    case 'retire':
      return JSON.stringify({ type: 'retire', told: plain(item.told) })
    default:
      return JSON.stringify(item)
  }
}

function encodeRequest(request: TrackerRequest): string {
  switch (request.type) {
    case 'announce': {
      const { offers, ...rest } = request
      const texts = offers.map(({ sdp, sdpText, ...ids }) => withSdp(ids, sdp, sdpText))
      return `${JSON.stringify(rest).slice(0, -1)},"offers":[${texts.join(',')}]}`
    }
    case 'offer':
    case 'answer': {
      const { sdp, sdpText, ...rest } = request
      return withSdp(rest, sdp, sdpText)
    }
    default:
      return JSON.stringify(request)
  }
}

function encodeReply(reply: TrackerReply): string {
  switch (reply.type) {
    case 'offer':
    case 'answer': {
      const { sdp, sdpText, ...rest } = reply
      return withSdp(rest, sdp, sdpText)
    }
    case 'pointer':
      return JSON.stringify({ type: 'pointer', pointer: toLatin1(reply.pointer) })
    default:
      return JSON.stringify(reply)
  }
}

/** `rest` has at least one field. */
function withSdp(rest: object, sdp: string, sdpText: string | undefined): string {
  return `${JSON.stringify(rest).slice(0, -1)},"sdp":${sdpText ?? JSON.stringify(sdp)}}`
}

function plain({ pointer, verdict }: ToldPointer): object {
  return { pointer: { ...pointer, bytes: toLatin1(pointer.bytes) }, verdict }
}

function parseJson(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
