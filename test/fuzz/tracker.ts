/**
 * Says to the tracker what real clients say, altered: bytes, fields, values, order. It runs what a message passes from its text to the texts that
 * come of it (parser, access, brain, writer), many connections in few swarms, with time that jumps. Whatever throws is a bug.
 */
import { encodeTrackerReply } from '../../src/protocol/tracker-reply.ts'
import { parseTrackerRequest } from '../../src/protocol/tracker-request.ts'
import { encodePointer } from '../../src/protocol/tracker-site.ts'
import { TRACKER_LIMITS } from '../../src/protocol/tracker.ts'
import { signPointer } from '../../src/site/pointer.ts'
import { type Random, seededRandom } from '../../src/swarm/random.ts'
import { Addresses } from '../../tracker/ingress/addresses.ts'
import { Pointers } from '../../tracker/ingress/pointers.ts'
import { SERVER_DEFAULTS } from '../../tracker/options.ts'
import { Swarms, type TrackerEffect } from '../../tracker/swarms.ts'
import { testKey } from '../support/site.ts'

export interface FuzzReport {
  readonly messages: number
  readonly refused: number
  readonly replies: number
  readonly relayed: number
  /** Held at the end: bounded, however much was said. */
  readonly peers: number
  readonly heapMiB: number
}

const CONNECTIONS = 64
const SWARMS = 8
/** Small enough that every bound is met. */
const LIMITS = {
  swarmsMax: 12,
  membersMax: 200,
  membersPerConnectionMax: 6,
  offersMax: 500,
  sitesMax: 2,
  takeoversMax: 20,
}

/** What a field may be instead. */
const STRANGE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1e308, -0, '', 'x', [], {}, [[]], [null], { length: 20 }, '__proto__', 'constructor'],
  ...['\u0000'.repeat(20), 'ÿ'.repeat(20), '名'.repeat(20), '\ud800'.repeat(20), 'x'.repeat(17_000), { toString: 1 }],
]
const SPLINTERS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\u0000',
  'ÿ',
  '名',
  '"sdp":',
  '1e999',
  '\\u',
  '__proto__',
  '  ',
  '"offers":[null],',
]

/** @throws what the tracker throws, after saying at which message */
export async function fuzzTracker(options: {
  seed: number
  messages: number
  onProgress?: (done: number) => void
}): Promise<FuzzReport> {
  const { seed, messages, onProgress } = options
  const random = seededRandom(seed)
  const corpus = await realMessages(random)
  const swarms = new Swarms({ random, limits: LIMITS, knowsSites: true })
  const pointers = new Pointers(SERVER_DEFAULTS)
  const address = new Addresses(SERVER_DEFAULTS).of('203.0.113.1', 0)
  const counts = { refused: 0, replies: 0, relayed: 0 }
  let now = 0
  let lastConnection = CONNECTIONS
  const connections = Array.from({ length: CONNECTIONS }, (_, n) => n)
  const perform = (effects: readonly TrackerEffect[]) => {
    for (const effect of effects) {
      if (effect.type !== 'send' && effect.type !== 'refuse') continue
      const text = encodeTrackerReply(effect.reply)
      counts.replies++
      if (effect.reply.type !== 'offer' && effect.reply.type !== 'answer') continue
      counts.relayed++
      const told = JSON.parse(text)
      if (told.action !== 'announce' || typeof told[effect.reply.type].sdp !== 'string')
        throw new Error(`It relayed ${text}`)
    }
  }
  for (let n = 0; n < messages; n++) {
    const text = altered(corpus[Math.floor(random() * corpus.length)]!, corpus, random)
    try {
      const place = Math.floor(random() * CONNECTIONS)
      const connection = connections[place]!
      now += random() < 0.001 ? random() * 300_000 : random() * 20
      const request = parseTrackerRequest(text)
      if (request.type === 'refused') {
        counts.refused++
        encodeTrackerReply({ action: 'announce', ...request, type: 'failed' })
      } else if (request.type === 'pointer') {
        const told = pointers.judge(request.pointer, address)
        if (told) perform(swarms.step({ type: 'pointer', connection, told }, now))
      } else perform(swarms.step({ type: 'message', connection, request }, now))
      const chance = random()
      if (chance < 0.02) perform(swarms.step({ type: 'pong', connection }, now))
      else if (chance < 0.03) {
        perform(swarms.step({ type: 'closed', connection }, now))
        connections[place] = lastConnection++
      } else if (chance < 0.04) perform(swarms.step({ type: 'tick' }, now))
    } catch (error) {
      throw new Error(`Seed ${seed}, message ${n}: ${text}`, { cause: error })
    }
    // Whoever waits for something of the event loop gets its turn.
    if (n % 100_000 === 99_999) {
      onProgress?.(n + 1)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  const { peers, leeches, seeds, offersUnderWay } = swarms.stats
  if (leeches + seeds > LIMITS.membersMax || offersUnderWay > LIMITS.offersMax)
    throw new Error(`Seed ${seed}: a bound was passed`)
  return { messages, ...counts, peers, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 }
}

/** Of clients of several kinds, about the same few swarms and peers. */
async function realMessages(random: Random): Promise<string[]> {
  const pick = (count: number) => Math.floor(random() * count)
  const infoHash = () => `swarm ${pick(SWARMS)}`.padEnd(20, 'ÿ')
  const peerId = () => `-WW0300-${pick(CONNECTIONS)}`.padEnd(20, '-')
  const offerId = () => `${pick(40)}`.padStart(20, 'o')
  const sdp = () => `v=0\r\no=- ${pick(1e9)} 2 IN IP4 127.0.0.1\r\n"quoted" \\ ${'a=candidate:1\r\n'.repeat(pick(20))}`
  const ids = () => ({ info_hash: infoHash(), peer_id: peerId() })
  const signal = () => ({ ...ids(), to_peer_id: peerId(), offer_id: offerId() })
  const extensions = ['dial', 'trickle', 'shutdown', 'ice_servers', 'pointer', 'stats']
  const stats = { peers: 1, origin: 2, cache: 3, wasted: 4, duplicates: 5 }
  const offers = () =>
    Array.from({ length: pick(6) }, () => ({ offer: { type: 'offer', sdp: sdp() }, offer_id: offerId() }))
  const announce = () => ({
    action: 'announce',
    ...ids(),
    numwant: 5,
    uploaded: 0,
    downloaded: 0,
    left: pick(3) || null,
  })
  const candidate = {
    candidate: 'candidate:1 1 udp 1 1.2.3.4 5 typ host',
    sdpMid: '0',
    sdpMLineIndex: 0,
    usernameFragment: 'a',
  }
  const made: (() => object)[] = [
    () => ({ ...announce(), event: 'started', offers: offers() }),
    () => ({ ...announce(), event: 'started', extensions }),
    () => ({ ...announce(), extensions, stats }),
    () => ({ ...announce(), event: ['completed', 'stopped', 'update', 'paused'][pick(4)] }),
    () => ({ action: 'announce', ...signal(), offer: { type: 'offer', sdp: sdp() }, trickle: true }),
    () => ({ action: 'announce', ...signal(), answer: { type: 'answer', sdp: sdp() }, trickle: true }),
    () => ({ action: 'candidate', ...signal(), candidate }),
    () => ({ action: 'scrape', info_hash: [undefined, infoHash(), [infoHash(), infoHash()]][pick(3)] }),
  ]
  const messages = Array.from({ length: 600 }, (_, n) => JSON.stringify(made[n % made.length]!()))
  const owner = await testKey()
  for (let version = 1; version <= 3; version++) {
    const hash = new Uint8Array(32).fill(version)
    const statement = { version, expires: 2 ** 33, infoHash: hash, manifestHash: hash, isKilled: false }
    messages.push(encodePointer(await signPointer({ ...statement, key: owner.key, rotated: [] }, owner.sign)))
  }
  return messages
}

/** The message as it is, in one case of five; else with one to three alterations. */
function altered(message: string, corpus: readonly string[], random: Random): string {
  let text = message
  for (let times = Math.floor(random() * 4) - (random() < 0.2 ? 3 : 0); times > 0; times--)
    text = alter(text, corpus, random)
  return text.slice(0, TRACKER_LIMITS.messageBytesMax)
}

function alter(text: string, corpus: readonly string[], random: Random): string {
  const at = () => Math.floor(random() * text.length)
  const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number]
  switch (Math.floor(random() * 7)) {
    case 0:
      return text.slice(0, from) + String.fromCharCode(random() * 256) + text.slice(from + 1)
    case 1:
      return text.slice(0, from) + text.slice(Math.min(to, from + 40))
    case 2:
      return text.slice(0, to) + text.slice(from, Math.min(to, from + 200)) + text.slice(to)
    case 3:
      return text.slice(0, from) + SPLINTERS[Math.floor(random() * SPLINTERS.length)] + text.slice(from)
    case 4: {
      const other = corpus[Math.floor(random() * corpus.length)]!
      return text.slice(0, from) + other.slice(Math.floor(random() * other.length))
    }
    default:
      return withStrangeField(text, corpus, random)
  }
}

/** Still JSON: what gets past the parser is what tries the rest. */
function withStrangeField(text: string, corpus: readonly string[], random: Random): string {
  try {
    const fields: Record<string, unknown> = JSON.parse(text)
    const other: Record<string, unknown> = JSON.parse(corpus[Math.floor(random() * corpus.length)]!)
    const names = Object.keys(random() < 0.5 ? fields : other)
    const name = names[Math.floor(random() * names.length)]
    if (name === undefined) return text
    const value = random() < 0.5 ? other[name] : STRANGE[Math.floor(random() * STRANGE.length)]
    return JSON.stringify({ ...fields, [name]: value })
  } catch {
    return text
  }
}
