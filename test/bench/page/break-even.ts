/**
 * Loads files and tells how long that took and how much it cost on the wire. Served to pages as /break-even.js, before they make
 * connections: what these carry is counted, headers of all layers down to DTLS included.
 */
import type { Torrent } from '../../../src/index.ts'
import type { Loaded } from '../break-even.ts'

type Load = () => Promise<ArrayBuffer>

const connections = new Set<RTCPeerConnection>()

class CountedConnection extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration)
    connections.add(this)
  }
}

/** Bytes in both directions since the page began. */
async function wireBytes(): Promise<number> {
  let bytes = 0
  for (const connection of connections) {
    if (connection.connectionState !== 'connected') continue
    for (const report of (await connection.getStats()).values())
      if (report.type === 'transport') bytes += report.bytesSent + report.bytesReceived
  }
  return bytes
}

/** @param carriedBytes since some beginning, in both directions */
async function timed(one: Load, others: readonly Load[], carriedBytes: () => Promise<number>): Promise<Loaded> {
  const startedAt = performance.now()
  await kit.within(30_000, 'One file', one())
  const oneMs = performance.now() - startedAt
  const before = await carriedBytes()
  const allAt = performance.now()
  const loaded = await kit.within(30_000, 'All files', Promise.all(others.map(load => load())))
  const allMs = performance.now() - allAt
  const fileBytes = loaded.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const extraBytes = ((await carriedBytes()) - before - fileBytes) / others.length
  return { oneMs, allMs, extraBytes }
}

/** Resolves when a torrent has so many peers. */
function connected(torrent: Torrent, peers: number): Promise<void> {
  return new Promise(resolve => {
    const look = (): void => {
      if (torrent.peers.length >= peers) resolve()
    }
    torrent.addEventListener('peer', look)
    look()
  })
}

const tools = { timed, wireBytes, connected }

declare global {
  var breakEven: typeof tools
  /** Of the origin, told by the process that runs it. */
  var carriedBytes: () => Promise<number>
}

globalThis.RTCPeerConnection = CountedConnection
globalThis.breakEven = tools
