/** Reads the values of options. Each parser throws commander's error, which names the option. */
import { InvalidArgumentError, Option } from 'commander'
import { policyComplaint, SITE_POLICY, type PolicyName } from '../../site/policy.ts'
import { UsageError } from './failure.ts'

/** 0 picks a free port. */
export function parsePort(text: string): number {
  const port = parseCount(text)
  if (port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}

/** A whole number, 0 or more. */
export function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.')
  return Number(text)
}

/** A number of bytes, with an optional unit: `65536`, `64KiB`, `1MiB`. */
export function parseSize(text: string): number {
  const match = /^(\d{1,12})\s*(|k|m|g|ki|mi|gi|kib|mib|gib)$/i.exec(text.trim())
  if (match === null) throw new InvalidArgumentError('Bytes are needed, as 65536, 64KiB or 1MiB.')
  const exponent = ['k', 'm', 'g'].indexOf((match[2] ?? '').charAt(0).toLowerCase()) + 1
  return Number(match[1]) * 1024 ** exponent
}

/** A number of bytes per second, more than none: `500k`, `2MiB/s`. */
export function parseRate(text: string): number {
  const rate = parseSize(text.replace(/\/s$/i, ''))
  if (rate === 0) throw new InvalidArgumentError('Nothing would be sent.')
  return rate
}

/** A number of days, 1 to 3650. */
export function parseDays(text: string): number {
  const days = parseCount(text)
  if (days < 1 || days > 3650) throw new InvalidArgumentError('A number of days from 1 to 3650 is needed.')
  return days
}

/** Collects the values of a repeated option. */
export function collect(text: string, previous: readonly string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('It is empty.')
  return [...previous, text]
}

/** Collects `name=value` entries of a site's policy. */
export function collectPolicy(
  text: string,
  previous: Readonly<Record<string, number | string>> = {},
): Record<string, number | string> {
  const [, name = text, given = ''] = /^([^=]*)=(.*)$/.exec(text) ?? []
  const isText = Object.hasOwn(SITE_POLICY, name) && SITE_POLICY[name as PolicyName].kind === 'choice'
  const value = isText || !/^\d{1,16}$/.test(given) ? given : Number(given)
  const complaint = policyComplaint(name, value)
  if (complaint !== undefined) throw new InvalidArgumentError(complaint)
  return { ...previous, [name]: value }
}

/** Collects the URLs of a repeated option. */
export function collectTrackers(text: string, previous: readonly string[] = []): string[] {
  return [...previous, parseUrl(text, ['ws:', 'wss:'], 'A tracker is a WebSocket URL, as wss://tracker.example.')]
}

/** @see collectTrackers */
export function collectWebSeeds(text: string, previous: readonly string[] = []): string[] {
  return [
    ...previous,
    parseUrl(text, ['http:', 'https:'], 'A web seed is a web address, as https://cdn.example/files/.'),
  ]
}

/** @see collectTrackers */
export function collectIceServers(text: string, previous: readonly string[] = []): string[] {
  return [
    ...previous,
    parseUrl(text, ['stun:', 'stuns:', 'turn:', 'turns:'], 'An ICE server is as stun:stun.example:3478.'),
  ]
}

/** @see collectTrackers */
export function collectOrigins(text: string, previous: readonly string[] = []): string[] {
  const sentence = 'An origin is as https://example.org, without a path.'
  const { origin } = new URL(parseUrl(text, ['http:', 'https:'], sentence))
  if (origin !== text) throw new InvalidArgumentError(sentence)
  return [...previous, origin]
}

/** `--tracker`, the same for every command that has it. */
export function trackerOption(description: string): Option {
  return new Option('-t, --tracker <url>', `${description}; repeat for more`).argParser(collectTrackers)
}

/** `--version` of a torrent; the program's own `--version` comes before the command. */
export function versionOption(): Option {
  return new Option(
    '--version <version>',
    'BitTorrent version: hybrid is for both v1 and v2 peers (default: hybrid, where it fits)',
  ).choices(['hybrid', 'v1', 'v2'])
}

/** `--ice-server`. */
export function iceServerOption(
  what = 'STUN server that finds a way through routers, or TURN as turn:user:password@host',
): Option {
  return new Option('--ice-server <url>', `${what}; repeat for more`).argParser(collectIceServers)
}

/** What a tracker is when none is named: `SHOAL_TRACKER`, else where `shoal tracker` listens. */
export function defaultTrackers(environment: Readonly<Record<string, string | undefined>>): string[] {
  const named = environment.SHOAL_TRACKER?.split(/[\s,]+/).filter(url => url !== '') ?? []
  if (named.length === 0) return ['ws://localhost:8000']
  try {
    return named.flatMap(url => collectTrackers(url))
  } catch (error) {
    throw new UsageError(`SHOAL_TRACKER: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** `turn:user:password@host:port` → what RTCPeerConnection takes. */
export function iceServers(urls: readonly string[]): RTCIceServer[] {
  return urls.map(url => {
    const match = /^(turns?:)([^:@]+):([^@]+)@(.+)$/.exec(url)
    if (match === null) return { urls: url }
    const [, scheme, username, credential, rest] = match
    return {
      urls: `${scheme}${rest}`,
      username: decodeURIComponent(username ?? ''),
      credential: decodeURIComponent(credential ?? ''),
    }
  })
}

function parseUrl(text: string, schemes: readonly string[], sentence: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !schemes.includes(url.protocol)) throw new InvalidArgumentError(sentence)
  return text
}
