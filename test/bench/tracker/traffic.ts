/** What clients of a tracker send under load, as frames that are built once and filled in by place. */
import { frameOf } from './raw-socket.ts'

/** What Chromium writes for a data channel, with the candidates of an ordinary machine. */
const SDP = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 54321 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 203.0.113.5',
  ...Array.from(
    { length: 14 },
    (_, n) =>
      `a=candidate:${1234567 + n} 1 udp ${2122260223 - n} 192.168.1.${n} ${50000 + n} typ host generation 0 network-id ${n}`,
  ),
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
]
  .join('\r\n')
  .padEnd(2000, ' ')

/** 20 characters of latin-1 that are no ASCII, as half of all infohashes' are: two bytes each on the wire. */
function wireId(mark: string, n: number): string {
  return (
    mark +
    [...n.toString(16).padStart(19, '0')].map(digit => String.fromCharCode(0xa0 + Number.parseInt(digit, 16))).join('')
  )
}

export function peerId(n: number): string {
  return `-LD0001-${String(n).padStart(12, '0')}`
}

export function infoHash(n: number): string {
  return wireId('ÿ', n)
}

let lastOffer = 0

export function nextOfferId(): string {
  return wireId('þ', ++lastOffer)
}

const HOLDER = { infoHash: 'Ä'.repeat(20), peerId: 'P'.repeat(20), toPeerId: 'T'.repeat(20), offerId: 'Ö'.repeat(20) }

/** A frame whose ids are written over. */
class Template {
  readonly #frame: Buffer
  readonly #places: number[]

  constructor(message: object, holders: readonly string[]) {
    this.#frame = frameOf(JSON.stringify(message))
    let from = 0
    this.#places = holders.map(holder => {
      from = this.#frame.indexOf(holder, from)
      return from++
    })
  }

  fill(values: readonly string[]): Buffer {
    const frame = Buffer.from(this.#frame)
    for (const [index, value] of values.entries()) frame.write(value, this.#places[index]!)
    return frame
  }
}

const announces = new Map<number, Template>()

export function announceFrame(hash: string, peer: string, offerIds: readonly string[]): Buffer {
  let template = announces.get(offerIds.length)
  if (!template) {
    const offers = offerIds.map(() => ({ offer: { type: 'offer', sdp: SDP }, offer_id: HOLDER.offerId }))
    const totals = { numwant: offers.length, uploaded: 0, downloaded: 0, left: 1000, event: 'started' }
    const message = { action: 'announce', info_hash: HOLDER.infoHash, peer_id: HOLDER.peerId, ...totals, offers }
    template = new Template(message, [HOLDER.infoHash, HOLDER.peerId, ...offerIds.map(() => HOLDER.offerId)])
    announces.set(offerIds.length, template)
  }
  return template.fill([hash, peer, ...offerIds])
}

const answer = new Template(
  {
    action: 'announce',
    info_hash: HOLDER.infoHash,
    peer_id: HOLDER.peerId,
    to_peer_id: HOLDER.toPeerId,
    offer_id: HOLDER.offerId,
    answer: { type: 'answer', sdp: SDP },
  },
  [HOLDER.infoHash, HOLDER.peerId, HOLDER.toPeerId, HOLDER.offerId],
)

export function answerFrame(ids: { hash: string; from: string; to: string; offerId: string }): Buffer {
  return answer.fill([ids.hash, ids.from, ids.to, ids.offerId])
}

/** Which kind of message these bytes are, and its ids where it is a relayed one. Every server writes the kind within the first bytes. */
export function read(
  bytes: Buffer,
  start: number,
  end: number,
): { type: 'offer' | 'answer'; offerId: string; from: string; hash: string } | { type: 'reply' } {
  const head = bytes.toString('latin1', start, Math.min(end, start + 48))
  const type = head.includes('"offer":{') ? 'offer' : head.includes('"answer":{') ? 'answer' : undefined
  if (type === undefined) return { type: 'reply' }
  // The ids come last: whoever searches them near the end need not read the SDP.
  const tail = bytes.toString('utf8', Math.max(start, end - 190), end)
  return {
    type,
    offerId: idAfter(tail, '"offer_id":"'),
    from: idAfter(tail, '"peer_id":"'),
    hash: idAfter(tail, '"info_hash":"'),
  }
}

function idAfter(text: string, key: string): string {
  const at = text.indexOf(key) + key.length
  return text.slice(at, at + 20)
}
