/** How it goes underneath, for the curious and for diagnosis: pieces, people, speed, meeting points. Fetched when somebody looks. */
import { button, el, setText, show } from '../dom.ts'
import { language } from '../page-language.ts'
import type { Torrent } from '../shoal.min.js'
import { diagnosticsView } from './diagnostics-view.ts'
import { piecesBar } from './pieces-bar.ts'
import type { Rates } from './rates.ts'
import { progressOf } from './receivers-view.ts'
import { sparkline } from './sparkline.ts'
import { star } from './star.ts'

export interface DetailsView {
  readonly element: HTMLElement
  update(now: number): void
}

const { say, bytes, percent, rate } = language
const COLUMNS = ['columnProgram', 'columnHas', 'columnFrom', 'columnTo', 'columnWay'] as const

export function detailsView(torrent: Torrent, rates: Rates, diagnostics: () => Promise<string>): DetailsView {
  const pieces = piecesBar(torrent)
  const sky = star()
  const line = sparkline(rates)
  const rows = el('tbody')
  const head = el('tr', {}, ...COLUMNS.map(key => el('th', { textContent: say(key), scope: 'col' })))
  const table = el('table', {}, el('thead', {}, head), rows)
  const scroller = el(
    'div',
    { className: 'scroller', tabIndex: 0, attributes: { role: 'region', 'aria-label': say('peers', { n: 2 }) } },
    table,
  )
  const nobody = el('p', { textContent: say('nobodyConnected') })
  let isTable = false
  const other = button(say('showTable'), () => {
    isTable = !isTable
    setText(other, say(isTable ? 'showStar' : 'showTable'))
    renewPeers()
  })
  other.className = 'small'
  const trackers = el('ul', { className: 'trackers' })
  const element = el(
    'div',
    { className: 'details' },
    pieces.element,
    line.element,
    sky.element,
    scroller,
    nobody,
    other,
    el('h3', { textContent: say('meetingPoints') }),
    trackers,
    el('p', { className: 'quiet', textContent: say('addressNotice') }),
    diagnosticsView(diagnostics),
  )

  function renewPeers(): void {
    const { peers, length } = torrent
    show(scroller, isTable && peers.length > 0)
    show(sky.element, !isTable && peers.length > 0)
    show(nobody, peers.length === 0)
    show(other, peers.length > 0)
    if (isTable)
      renew(
        rows,
        peers.map(peer => peerCells(peer, length)),
        'tr',
        'td',
      )
    else sky.update(peers)
  }

  return {
    element,
    update(now) {
      line.update()
      show(pieces.element, torrent.pieceCount > 0)
      pieces.update(now)
      renewPeers()
      renew(trackers, torrent.trackers.map(trackerWords), 'li', 'span')
    },
  }
}

function peerCells(peer: Torrent['peers'][number], lengthBytes: number): string[] {
  return [
    peer.client,
    percent(progressOf(peer, lengthBytes)),
    flowWords(peer.downloadBytesPerSecond, peer.downloadedBytes),
    flowWords(peer.uploadBytesPerSecond, peer.uploadedBytes),
    peer.route === undefined ? '' : say(peer.route.relayed ? 'relayed' : 'direct'),
  ]
}

function flowWords(bytesPerSecond: number, total: number): string {
  if (bytesPerSecond > 0) return rate(bytesPerSecond)
  return total > 0 ? bytes(total) : '–'
}

function trackerWords({ url, state, seeds, leeches, error }: Torrent['trackers'][number]): string[] {
  const isCounted = seeds !== undefined && leeches !== undefined
  const counts = isCounted ? `, ${say('meetingCounts', { seeds, leeches })}` : ''
  const about = error === undefined ? '' : `. ${error.message}`
  return [`${say('meetingPoint', { url, state: say(`tracker-${state}`) })}${counts}${about}`]
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
