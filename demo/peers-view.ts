/** Who this page is connected to, and through which meeting points: for the curious and for diagnosis. */
import { el, setText, show } from './dom.ts'
import { formatBytes, formatPercent, formatRate } from './format.ts'
import type { Torrent } from './shoal.min.js'

export interface PeersView {
  readonly element: HTMLElement
  update(torrent: Torrent): void
}

const COLUMNS = ['Program', 'Has', 'From them', 'To them', 'Way']

export function peersView(): PeersView {
  const rows = el('tbody')
  const head = el('tr', {}, ...COLUMNS.map(text => el('th', { textContent: text, scope: 'col' })))
  const table = el('table', {}, el('thead', {}, head), rows)
  const nobody = el('p', { textContent: 'Not connected to anybody.' })
  const trackers = el('ul', { className: 'trackers' })
  const notice = el('p', {
    className: 'quiet',
    textContent: 'People you share with connect directly to this device, and can see its IP address.',
  })
  const scroller = el('div', { className: 'scroller' }, table)
  const element = el('details', { className: 'panel' }, el('summary', { textContent: 'Connection' }), scroller)
  element.append(nobody, el('h3', { textContent: 'Meeting points' }), trackers, notice)
  return {
    element,
    update(torrent) {
      if (!element.open) return
      const peers = torrent.peers
      show(scroller, peers.length > 0)
      show(nobody, peers.length === 0)
      renew(
        rows,
        peers.map(peer => peerCells(peer, torrent.length)),
        'tr',
        'td',
      )
      renew(trackers, torrent.trackers.map(trackerWords), 'li', 'span')
    },
  }
}

function peerCells(peer: Torrent['peers'][number], lengthBytes: number): string[] {
  // A peer need not tell a full copy what it has by now; what it was sent, it has.
  const sent = lengthBytes === 0 ? 0 : peer.uploadedBytes / lengthBytes
  return [
    peer.client,
    formatPercent(Math.max(peer.progress, sent)),
    flowWords(peer.downloadBytesPerSecond, peer.downloadedBytes),
    flowWords(peer.uploadBytesPerSecond, peer.uploadedBytes),
    peer.route === undefined ? '' : peer.route.relayed ? 'relayed' : 'direct',
  ]
}

function flowWords(bytesPerSecond: number, bytes: number): string {
  if (bytesPerSecond > 0) return formatRate(bytesPerSecond)
  return bytes > 0 ? formatBytes(bytes) : '–'
}

function trackerWords(tracker: Torrent['trackers'][number]): string[] {
  const isCounted = tracker.seeds !== undefined && tracker.leeches !== undefined
  const count = isCounted ? `, ${tracker.seeds} with everything, ${tracker.leeches} without` : ''
  return [`${tracker.url}: ${tracker.state}${count}${tracker.error === undefined ? '' : `. ${tracker.error.message}`}`]
}

/** Writes rows of text, keeping the elements that are there. */
function renew(parent: HTMLElement, rows: readonly string[][], rowName: 'tr' | 'li', cellName: 'td' | 'span'): void {
  while (parent.childElementCount > rows.length) parent.lastElementChild?.remove()
  for (const [index, cells] of rows.entries()) {
    const row = parent.children[index] ?? parent.appendChild(document.createElement(rowName))
    for (const [column, text] of cells.entries()) {
      const cell = row.children[column] ?? row.appendChild(document.createElement(cellName))
      if (cell instanceof HTMLElement) setText(cell, text)
    }
  }
}
