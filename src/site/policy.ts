/**
 * The site's policy: what its owner asks of visitors' clients, signed in the manifest. Every name with its default, bounds, unit and
 * reason. The build checks it, so that an owner is told of a mistake; the page script reads it.
 *
 * Integers and texts alone, as bencode has them: flags are 0 and 1.
 */
import { fromHex } from '../metainfo/bytes.ts'
import { refuseFormat } from './refusal.ts'

interface Choice {
  readonly kind: 'choice'
  readonly values: readonly string[]
  readonly default: string
}

interface Figure {
  readonly kind: 'figure'
  readonly unit: string
  readonly max: number
  readonly default: number
}

interface Keys {
  readonly kind: 'keys'
  readonly max: number
  readonly default: string
}

interface Flag {
  readonly kind: 'flag'
  readonly default: 0 | 1
}

const MIB = 1024 * 1024

const flag = { kind: 'flag', default: 0 } as const satisfies Flag

/** Every entry that a policy may have; all of them may be missing. */
export const SITE_POLICY = {
  /**
   * `manual`: no tracker socket, no connection and no upload before the page calls `shoal.consent(true)`. `automatic`: consent is taken
   * as given. Manual, because what visitors upload and who sees their address is theirs to say, and in many countries by law.
   */
  consent: { kind: 'choice', values: ['manual', 'automatic'], default: 'manual' },
  /**
   * What a visitor sends at the most; 0: visitors download only. 1 MiB/s are 8 Mbit/s, what a family's line of 20 Mbit/s up can
   * spare beside a video call; whoever has less is slowed by the transport before the cap is reached.
   */
  'upload-rate': { kind: 'figure', unit: 'bytes a second', max: 1024 * MIB, default: MIB },
  /** What a visitor sends in a day at the most; 0: visitors download only. 1 GiB is 30 a month, 3 % of a terabyte, a common monthly allowance. */
  'upload-day': { kind: 'figure', unit: 'bytes a day', max: 1024 * 1024 * 1024 * MIB, default: 1024 * MIB },
  /**
   * Addresses of the local network are offered to other visitors. Not unless asked for: browsers may ask their user for leave to reach
   * the local network, on a page that has nothing to do with it. For offices and schools whose visitors sit behind one router.
   */
  lan: flag,
  /** Connections go through the tracker's TURN servers only: visitors never see each other's addresses. The owner pays for every byte, so not by default. */
  'relay-only': flag,
  /**
   * Public keys of the site's own seeders, to whom alone visitors connect, in hexadecimal digits with a space between. Three, so that a key can be
   * replaced while two machines run. It gives up what a swarm is for, so none by default.
   */
  trusted: { kind: 'keys', max: 3, default: '' },
  /** Peers are looked for only while at least so many visitors are in the swarm: below it a connection costs more than it brings. 0: always, since the tracker tells for free whether anybody is there. */
  'visitors-min': { kind: 'figure', unit: 'visitors', max: 1_000_000, default: 0 },
  /** Share of browsers that take part; the others have the plain site. Each draws once and remembers, so that a higher share keeps those that are in. 100: who adds the tag wants it. */
  rollout: { kind: 'figure', unit: 'percent of browsers', max: 100, default: 100 },
  /** A badge in a corner of the page says how much came from visitors. Not unless asked for: a page's look is its owner's. */
  badge: flag,
} as const satisfies Readonly<Record<string, Choice | Figure | Keys | Flag>>

export type PolicyName = keyof typeof SITE_POLICY

/** A policy with every default in place. */
export interface SitePolicy {
  readonly consent: 'manual' | 'automatic'
  /** 0: nothing is sent. */
  readonly uploadBytesPerSecond: number
  /** 0: nothing is sent. */
  readonly uploadBytesPerDay: number
  readonly allowsLan: boolean
  readonly isRelayOnly: boolean
  /** Of the seeders to whom alone visitors connect; empty: to everybody. */
  readonly trustedKeys: readonly Uint8Array[]
  readonly visitorsMin: number
  /** 0 to 100. */
  readonly rolloutPercent: number
  readonly hasBadge: boolean
}

/**
 * Reads the `policy` of a manifest. Names that are not known are passed over: they are those of later versions.
 * @throws ShoalError `site-format` for a value that its name cannot have: whoever guessed might do what the owner forbids
 */
export function readPolicy(fields: ReadonlyMap<string, number | string>): SitePolicy {
  const value = (name: PolicyName): number | string => {
    const given = fields.get(name) ?? SITE_POLICY[name].default
    if (policyComplaint(name, given) !== undefined) refuseFormat(`its policy has a ${name} that it cannot have`)
    return given
  }
  return {
    consent: value('consent') === 'automatic' ? 'automatic' : 'manual',
    uploadBytesPerSecond: Number(value('upload-rate')),
    uploadBytesPerDay: Number(value('upload-day')),
    allowsLan: value('lan') === 1,
    isRelayOnly: value('relay-only') === 1,
    trustedKeys: String(value('trusted'))
      .split(' ')
      .filter(Boolean)
      .map(hex => fromHex(hex)!),
    visitorsMin: Number(value('visitors-min')),
    rolloutPercent: Number(value('rollout')),
    hasBadge: value('badge') === 1,
  }
}

/** What is wrong with an entry, in words for the owner; undefined: nothing. */
export function policyComplaint(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(SITE_POLICY, name))
    return `A policy has no "${name}". There are: ${Object.keys(SITE_POLICY).join(', ')}.`
  const entry: Choice | Figure | Keys | Flag = SITE_POLICY[name as PolicyName]
  return isValue(entry, value) ? undefined : `"${name}" in a policy must be ${wordsFor(entry)}.`
}

function isValue(entry: Choice | Figure | Keys | Flag, value: unknown): boolean {
  if (entry.kind === 'choice') return typeof value === 'string' && entry.values.includes(value)
  if (entry.kind === 'keys') return typeof value === 'string' && areKeys(value, entry.max)
  const max = entry.kind === 'flag' ? 1 : entry.max
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max
}

function areKeys(text: string, max: number): boolean {
  return text === '' || (/^[\da-f]{64}( [\da-f]{64})*$/.test(text) && text.split(' ').length <= max)
}

function wordsFor(entry: Choice | Figure | Keys | Flag): string {
  if (entry.kind === 'flag') return '0 or 1'
  if (entry.kind === 'choice') return entry.values.map(value => `"${value}"`).join(' or ')
  if (entry.kind === 'keys') return `up to ${entry.max} public keys of 64 hexadecimal digits each, with a space between`
  return `a whole number of ${entry.unit}, 0 to ${entry.max}`
}
