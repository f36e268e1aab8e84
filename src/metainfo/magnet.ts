/** Magnet links (BEP 9, 53; btmh from BEP 52), and bare infohashes. */
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import { fromHex, fromUtf8, toHex, toUtf8 } from './bytes.ts'
import { safePath } from './paths.ts'
import { trackerTiers, webSeedUrls } from './urls.ts'

export interface Magnet {
  /** 20 bytes. At least one of the two hashes is there. */
  readonly infoHashV1?: Uint8Array
  /** 32 bytes. */
  readonly infoHashV2?: Uint8Array
  /** What to call the torrent until its info is there; made safe. */
  readonly name?: string | undefined
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
  /** Indices of the files that are wanted, ascending; absent: all (BEP 53). */
  readonly selectOnly?: readonly number[] | undefined
}

/**
 * Reads a magnet link, or an infohash by itself (40 or 64 hex digits, 32 base32 characters).
 * @throws ShoalError `invalid-magnet`
 */
export function parseMagnet(text: string): Magnet {
  const link = text.trim()
  if (link.length > METAINFO_LIMITS.magnetCharactersMax) {
    refuse(`It is longer than ${METAINFO_LIMITS.magnetCharactersMax} characters`)
  }
  const bare = readBareHash(link)
  if (bare !== undefined) return { ...bare, trackers: [], webSeeds: [] }
  if (!/^magnet:\?/i.test(link)) refuse('It does not begin with "magnet:?"')
  const valuesOf = readFields(link.slice('magnet:?'.length))
  return {
    ...readHashes(valuesOf('xt')),
    name: readName(valuesOf('dn')[0]),
    trackers: trackerTiers(valuesOf('tr')).flat(),
    webSeeds: webSeedUrls(valuesOf('ws')),
    selectOnly: readSelection(valuesOf('so')),
  }
}

/** Writes a magnet link: hashes first, then name, trackers and web seeds. */
export function formatMagnet(magnet: Partial<Magnet>): string {
  const { infoHashV1, infoHashV2, name, trackers = [], webSeeds = [], selectOnly } = magnet
  const fields: string[] = []
  if (infoHashV1 !== undefined) fields.push(`xt=urn:btih:${toHex(infoHashV1)}`)
  if (infoHashV2 !== undefined) fields.push(`xt=urn:btmh:${SHA256_MULTIHASH}${toHex(infoHashV2)}`)
  if (fields.length === 0) throw new ShoalError('invalid-argument', 'A magnet link needs an infohash.')
  if (name !== undefined) fields.push(`dn=${encodeField(name)}`)
  for (const url of trackers) fields.push(`tr=${encodeField(url)}`)
  for (const url of webSeeds) fields.push(`ws=${encodeField(url)}`)
  if (selectOnly !== undefined && selectOnly.length > 0) fields.push(`so=${formatSelection(selectOnly)}`)
  return `magnet:?${fields.join('&')}`
}

type Hashes = Pick<Magnet, 'infoHashV1' | 'infoHashV2'>

/** Multihash code and length of a SHA-256. */
const SHA256_MULTIHASH = '1220'

/**
 * Looks values up by key, in order. Numbered keys (`tr.1`) count as plain ones, `+` in a name as a space; `&amp;` comes from
 * links that were copied out of HTML.
 */
function readFields(query: string): (key: string) => string[] {
  const escaped = query.split(/&(?:amp;)?/).map(field => (/^dn\b/i.test(field) ? field : field.replaceAll('+', '%2B')))
  const fields = [...new URLSearchParams(escaped.join('&'))]
  return key => fields.filter(([name]) => name.toLowerCase().replace(/\.\d+$/, '') === key).map(([, value]) => value)
}

function readHashes(topics: readonly string[]): Hashes {
  let hashes: Hashes = {}
  for (const topic of topics) {
    const [, kind, value] = /^urn:(btih|btmh):(.*)$/i.exec(topic) ?? []
    if (kind === undefined || value === undefined) continue
    const found = kind.toLowerCase() === 'btih' ? readBtih(value) : readBtmh(value)
    if (found === undefined) refuse(`Its hash "${value.slice(0, 80)}" is damaged`)
    hashes = { ...found, ...hashes }
  }
  if (hashes.infoHashV1 === undefined && hashes.infoHashV2 === undefined) {
    refuse('It has no infohash ("xt=urn:btih:…" or "xt=urn:btmh:…")')
  }
  return hashes
}

function readBareHash(text: string): Hashes | undefined {
  if (!/^[0-9a-z]+$/i.test(text)) return undefined
  return readBtih(text) ?? readBtmh(text) ?? readBtmh(SHA256_MULTIHASH + text)
}

function readBtih(text: string): Hashes | undefined {
  const infoHashV1 = text.length === 32 ? fromBase32(text) : text.length === 40 ? fromHex(text) : undefined
  return infoHashV1 && { infoHashV1 }
}

function readBtmh(text: string): Hashes | undefined {
  const isSha256 = text.startsWith(SHA256_MULTIHASH) && text.length === SHA256_MULTIHASH.length + 64
  const infoHashV2 = isSha256 ? fromHex(text.slice(SHA256_MULTIHASH.length)) : undefined
  return infoHashV2 && { infoHashV2 }
}

function readName(text: string | undefined): string | undefined {
  const name = text?.trim()
  return name === undefined || name === '' ? undefined : safePath([name])[0]
}

/** `0,2,4-6`: what cannot be read is left out; nothing left means all. */
function readSelection(values: readonly string[]): number[] | undefined {
  const ranges = values
    .flatMap(value => value.split(','))
    .map(part => /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part))
    .filter(match => match !== null)
    .map(([, first, last = first]) => ({ first: Number(first), last: Number(last) }))
    .sort((a, b) => a.first - b.first)
  const files: number[] = []
  for (const { first, last } of ranges) {
    const end = Math.min(last + 1, METAINFO_LIMITS.filesMax)
    for (let file = Math.max(first, (files.at(-1) ?? -1) + 1); file < end; file++) files.push(file)
  }
  return files.length === 0 ? undefined : files
}

function formatSelection(files: readonly number[]): string {
  const ranges: { first: number; last: number }[] = []
  for (const file of [...files].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range !== undefined && file <= range.last + 1) range.last = file
    else ranges.push({ first: file, last: file })
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/** RFC 4648, upper or lower case: A to Z are 0 to 25, then come 2 to 7. */
function fromBase32(text: string): Uint8Array | undefined {
  if (!/^[a-z2-7]*$/i.test(text)) return undefined
  let bits = 0n
  for (const character of text) {
    const digit = Number.parseInt(character, 36)
    bits = bits * 32n + BigInt(digit < 10 ? digit + 24 : digit - 10)
  }
  return fromHex(bits.toString(16).padStart(40, '0'))
}

function encodeField(text: string): string {
  return encodeURIComponent(toUtf8(fromUtf8(text)))
}

function refuse(why: string): never {
  throw new ShoalError('invalid-magnet', `This magnet link cannot be used. ${why}. Copy the whole link again.`)
}
