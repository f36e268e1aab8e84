/** What may help somebody else to find out why it does not work: about this browser, the network and the share, without addresses. */
import type { Facts } from './facts.ts'
import { isMetered } from './metered.ts'
import type { Torrent } from './shoal.min.js'

/** Ours is a question of kinds, not of reaching anybody: a browser has its own candidates at once. */
const GATHERING_MS_MAX = 1_500

/** @param errors what the share has complained of lately */
export async function diagnosticsText(torrent: Torrent, facts: Facts, errors: readonly string[]): Promise<string> {
  const { quota, usage } = (await navigator.storage?.estimate().catch(() => undefined)) ?? {}
  const routes = torrent.peers.map(({ route }) =>
    route ? `${route.local}-${route.remote}${route.relayed ? ' relayed' : ''}` : '?',
  )
  const lines: Readonly<Record<string, string>> = {
    page: `Shoal share page, ${location.protocol.replace(':', '')}`,
    browser: navigator.userAgent,
    languages: navigator.languages.join(', '),
    state: `${facts.phase}, ${Math.floor(facts.progress * 100)} %, ${Math.round(facts.elapsedMs / 1000)} s`,
    size: `${facts.lengthBytes} bytes in ${facts.fileCount} files, ${torrent.pieceCount} pieces, ${torrent.version ?? '?'}`,
    peers: `${facts.peersCount} connected, ${facts.copiesCount} other full copies, ${facts.foundCount} known; ${routes.join(', ')}`,
    candidates: await candidateKinds(),
    tracker: torrent.trackers
      .map(({ url, state, error }) => `${url} ${state}${error ? ` (${error.message})` : ''}`)
      .join('; '),
    storage: `${usage ?? '?'} of ${quota ?? '?'} bytes`,
    metered: String(isMetered()),
    visible: document.visibilityState,
    errors: errors.join(' | ') || 'none',
  }
  const text = Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
  return withoutAddresses(text, location.host)
}

/**
 * Text without IP addresses, infohashes and secrets. Pure.
 * @param host stays: it is the page's own
 */
export function withoutAddresses(text: string, host: string): string {
  const KEPT = '\u0000'
  return text
    .replaceAll(host, KEPT)
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b(?!\.?\d)/g, address => (isVersion(text, address) ? address : '[address]'))
    .replace(/(?<![\w:])(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|[\da-f:]*::[\da-f:]*)(?![\w:])/gi, '[address]')
    .replace(/[\w-]+\.local\b/g, '[address]')
    .replace(/#\S+/g, '#[secret]')
    .replace(/\b[\da-f]{32,}\b/gi, '[hash]')
    .replaceAll(KEPT, host)
}

/** A browser's version looks like an address: `Chrome/120.0.0.0`. */
function isVersion(text: string, address: string): boolean {
  return text.includes(`/${address}`) && !text.includes(`//${address}`)
}

/** Which kinds of candidates this browser finds for itself, with how many of each. */
async function candidateKinds(): Promise<string> {
  if (typeof RTCPeerConnection === 'undefined') return 'no WebRTC'
  let connection: RTCPeerConnection | undefined
  try {
    const asked = new RTCPeerConnection()
    connection = asked
    const kinds = new Map<string, number>()
    const gathered = new Promise<void>(resolve => {
      asked.onicecandidate = ({ candidate }) => {
        if (candidate === null) return resolve()
        if (candidate.type === null) return
        const kind = `${candidate.type} ${candidate.protocol ?? ''}`.trim()
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      }
      setTimeout(resolve, GATHERING_MS_MAX)
    })
    asked.createDataChannel('')
    await asked.setLocalDescription()
    await gathered
    return [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'none'
  } catch (error) {
    return `WebRTC throws: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    connection?.close()
  }
}
