/** To whoever sends: how far each receiver is. */
import { el, setText, show } from '../dom.ts'
import { language } from '../page-language.ts'
import type { Torrent } from '../shoal.min.js'

export interface ReceiversView {
  readonly element: HTMLElement
  update(): void
}

const ROWS_MAX = 24

const { say, percent, rate } = language

export function receiversView(torrent: Torrent): ReceiversView {
  const list = el('ul', { className: 'receivers' })
  const more = el('p', { className: 'quiet' })
  const element = el('section', { hidden: true }, el('h3', { textContent: say('receivers') }), list, more)
  /** A receiver keeps its number while it is connected. */
  const rows = new Map<string, ReceiverRow>()
  let received = 0
  return {
    element,
    update() {
      // Who only looks at the list of files receives nothing yet.
      const receivers = torrent.peers.filter(peer => !peer.isSeed && (peer.isInterested || progressOf(peer, 0) > 0))
      const present = new Set(receivers.map(({ id }) => id))
      for (const [id, row] of rows) {
        if (present.has(id)) continue
        row.element.remove()
        rows.delete(id)
      }
      for (const peer of receivers) {
        let row = rows.get(peer.id)
        if (row === undefined && rows.size < ROWS_MAX) {
          received += 1
          row = receiverRow(say('receiver', { n: received }))
          rows.set(peer.id, row)
          list.append(row.element)
        }
        row?.update(progressOf(peer, torrent.length), peer.uploadBytesPerSecond)
      }
      const rest = receivers.length - rows.size
      setText(more, say('moreReceivers', { n: rest }))
      show(more, rest > 0)
      show(element, receivers.length > 0)
    },
  }
}

/** What a peer has, 0 to 1. It need not tell a full copy what it has by now; what it was sent, it has. */
export function progressOf({ progress, uploadedBytes }: Torrent['peers'][number], lengthBytes: number): number {
  return Math.min(1, Math.max(progress, lengthBytes === 0 ? 0 : uploadedBytes / lengthBytes))
}

interface ReceiverRow {
  readonly element: HTMLLIElement
  update(progress: number, bytesPerSecond: number): void
}

function receiverRow(name: string): ReceiverRow {
  const bar = el('progress', { max: 1, attributes: { 'aria-label': name } })
  const figures = el('span', { className: 'size' })
  return {
    element: el('li', {}, el('span', { textContent: name }), bar, figures),
    update(progress, bytesPerSecond) {
      bar.value = progress
      setText(figures, `${percent(progress)}${bytesPerSecond > 0 ? ` · ${rate(bytesPerSecond)}` : ''}`)
    },
  }
}
