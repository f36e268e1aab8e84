/**
 * Hostile and broken neighbours. A disguise sits between a real swarm and the network and turns what it sends into
 * something else; the swarm behind it goes on in good faith.
 */
import { type Random, randomIndex } from '../../src/swarm/random.ts'
import type { WireMessage } from '../../src/protocol/wire.ts'
import { forge, type Token, tokenOps } from './token.ts'
import type { Torrent } from './torrent.ts'

export interface Altered {
  readonly message: WireMessage<Token>
  /** How long it is held back. @default 0 */
  readonly delayMs?: number
  /** Held back together with what follows: nothing overtakes. @default false */
  readonly isOrdered?: boolean
  /** Sent after it. */
  readonly also?: readonly WireMessage<Token>[]
}

export interface Disguise {
  readonly name: string
  /** Whether the member may rightly be banned. */
  readonly isGuilty: boolean
  /** Whether it sends forged bytes. */
  readonly isPolluter: boolean
  /** Whether it holds back what its swarm has sent, beyond the reach of cancels. */
  readonly isSlow?: boolean
  /** What is sent instead; undefined: nothing. */
  alter(message: WireMessage<Token>): Altered | undefined
}

/** Sends forged blocks: always, or a share of them. */
export function polluter(random: Random, share = 1): Disguise {
  return {
    name: share === 1 ? 'polluter' : `polluter(${share})`,
    isGuilty: true,
    isPolluter: true,
    alter: message => {
      if (message.type !== 'piece' || random() >= share) return { message }
      return { message: { ...message, body: forge(message.body, 1 + randomIndex(random, 0x7fff_ffff)) } }
    },
  }
}

/** Forges the last block of every piece, and nothing else. */
export function lastBlockPolluter(torrent: Torrent, random: Random): Disguise {
  return {
    name: 'last-block polluter',
    isGuilty: true,
    isPolluter: true,
    alter: message => {
      if (message.type !== 'piece' || message.begin + message.body.bytes < torrent.dataBytes(message.piece)) {
        return { message }
      }
      return { message: { ...message, body: forge(message.body, 1 + randomIndex(random, 0x7fff_ffff)) } }
    },
  }
}

/** Connects and says nothing, ever. */
export function sybil(): Disguise {
  return { name: 'sybil', isGuilty: true, isPolluter: false, alter: () => undefined }
}

/** Honest, but everything that it says comes late, by up to so much. */
export function late(random: Random, delayMsMax = 2_000): Disguise {
  return {
    name: 'late',
    isGuilty: false,
    isPolluter: false,
    isSlow: true,
    alter: message => ({ message, delayMs: randomIndex(random, delayMsMax), isOrdered: true }),
  }
}

/** Says, besides what it should, what no client may say. */
export function breaker(torrent: Torrent, random: Random): Disguise {
  const { pieceCount, pieceLength } = torrent
  const nonsense: readonly (() => WireMessage<Token>)[] = [
    () => ({ type: 'have', piece: pieceCount + randomIndex(random, 1000) }),
    () => ({
      type: 'bitfield',
      bits: new Uint8Array(randomIndex(random, 2 * Math.ceil(pieceCount / 8) + 1)).fill(255),
    }),
    () => ({ type: 'request', piece: randomIndex(random, 2 * pieceCount), begin: pieceLength, length: 1 << 20 }),
    () => ({ type: 'request', piece: randomIndex(random, pieceCount), begin: 0, length: 0 }),
    () => ({ type: 'piece', piece: randomIndex(random, 2 * pieceCount), begin: 0, body: tokenOps.zeros(16_384) }),
    () => ({ type: 'cancel', piece: randomIndex(random, pieceCount), begin: 1, length: 7 }),
    () => ({ type: 'reject', piece: randomIndex(random, pieceCount), begin: 0, length: 16_384 }),
    () => ({ type: 'dont-have', piece: randomIndex(random, 2 * pieceCount) }),
    () => ({ type: 'metadata-data', piece: 3, totalBytes: 9, bytes: new Uint8Array(9) }),
    () => ({ type: 'metadata-request', piece: 1 << 20 }),
    () => ({ type: random() < 0.5 ? 'choke' : 'unchoke' }),
    () => ({ type: random() < 0.5 ? 'have-all' : 'have-none' }),
    () => ({ type: random() < 0.5 ? 'interested' : 'not-interested' }),
  ]
  return {
    name: 'breaker',
    isGuilty: true,
    isPolluter: true,
    alter: message =>
      random() < 0.5 ? { message } : { message, also: [nonsense[randomIndex(random, nonsense.length)]!()] },
  }
}

/** Has everything, it says, takes requests and never answers one. */
export function liar(): Disguise {
  return {
    name: 'liar',
    isGuilty: true,
    isPolluter: false,
    alter: message => (message.type === 'piece' || message.type === 'reject' ? undefined : { message }),
  }
}

/** Sends every block late, by a time that grows as if each had to wait for the one before. */
export function drip(random: Random, blockMs = 4_000): Disguise {
  return {
    name: 'drip',
    isGuilty: true,
    isPolluter: false,
    isSlow: true,
    alter: message =>
      message.type === 'piece' ? { message, delayMs: blockMs + randomIndex(random, blockMs) } : { message },
  }
}

/** Is interested, takes what it gets, and unchokes nobody. */
export function choker(): Disguise {
  return {
    name: 'choker',
    isGuilty: true,
    isPolluter: false,
    alter: message => (message.type === 'unchoke' ? undefined : { message }),
  }
}

/** Serves blocks, and answers no question about metadata or hashes. */
export function mute(): Disguise {
  const unsaid = new Set(['metadata-data', 'metadata-reject', 'hashes', 'hash-reject'])
  return {
    name: 'mute',
    isGuilty: true,
    isPolluter: false,
    alter: message => (unsaid.has(message.type) ? undefined : { message }),
  }
}

/** Forgets a share of what it is asked for. */
export function forgetful(random: Random, share: number): Disguise {
  return {
    name: 'forgetful',
    isGuilty: false,
    isPolluter: false,
    alter: message => (message.type === 'piece' && random() < share ? undefined : { message }),
  }
}

/** Refuses a share of what it is asked for. */
export function refusing(random: Random, share: number): Disguise {
  return {
    name: 'refusing',
    isGuilty: false,
    isPolluter: false,
    alter: message => {
      if (message.type !== 'piece' || random() >= share) return { message }
      const { piece, begin, body } = message
      return { message: { type: 'reject', piece, begin, length: body.bytes } }
    },
  }
}

/** Serves some blocks, then refuses so many, then serves again: as one does whose store fails for a while. */
export function sulky(servedFirst: number, refused: number): Disguise {
  let asked = 0
  return {
    name: 'sulky',
    isGuilty: false,
    isPolluter: false,
    alter: message => {
      if (message.type !== 'piece' || asked++ < servedFirst || asked > servedFirst + refused) return { message }
      const { piece, begin, body } = message
      return { message: { type: 'reject', piece, begin, length: body.bytes } }
    },
  }
}

/** With every request asks for the same place of eight other pieces, had or not. */
export function nosy(torrent: Torrent, random: Random): Disguise {
  return {
    name: 'nosy',
    isGuilty: true,
    isPolluter: false,
    alter: message => {
      if (message.type !== 'request') return { message }
      const also = Array.from({ length: 8 }, () => ({ ...message, piece: randomIndex(random, torrent.pieceCount - 1) }))
      return { message, also }
    },
  }
}
