/** The pieces of a share on a canvas, from first to last: missing, just arrived, verified. */
import { el, setText } from '../dom.ts'
import { language } from '../page-language.ts'
import type { Torrent } from '../shoal.min.js'

export interface PiecesBar {
  readonly element: HTMLElement
  update(now: number): void
}

/** How long a piece is shown as new. */
const NEW_MS = 1_500
const HEIGHT = 28

const { say } = language

export function piecesBar(torrent: Torrent): PiecesBar {
  const canvas = el('canvas', { className: 'pieces', height: HEIGHT, attributes: { role: 'img' } })
  const words = el('p', { className: 'quiet' })
  /** Pieces that came lately, and when. */
  const fresh = new Map<number, number>()
  torrent.addEventListener('piece', ({ detail: { index } }) => fresh.set(index, performance.now()))
  let drawn = ''

  function draw(have: Uint8Array, count: number): void {
    const width = Math.round(canvas.clientWidth * devicePixelRatio)
    const context = canvas.getContext('2d')
    if (width === 0 || context === null) return
    const colours = getComputedStyle(canvas)
    const colour = (name: string): string => colours.getPropertyValue(name)
    canvas.width = width
    canvas.height = Math.round(HEIGHT * devicePixelRatio)
    const columns = Math.min(width, count)
    for (let column = 0; column < columns; column += 1) {
      const first = Math.floor((column * count) / columns)
      const end = Math.max(first + 1, Math.floor(((column + 1) * count) / columns))
      let verified = 0
      let isNew = false
      for (let piece = first; piece < end; piece += 1) {
        if (hasPiece(have, piece)) verified += 1
        isNew ||= fresh.has(piece)
      }
      if (verified === 0) continue
      // Where many pieces share a column, it is as high as the part of them that is here.
      const share = verified / (end - first)
      const left = Math.floor((column * width) / columns)
      const right = Math.floor(((column + 1) * width) / columns)
      context.fillStyle = colour(isNew ? '--fresh' : '--accent')
      context.fillRect(left, canvas.height * (1 - share), right - left, canvas.height * share)
    }
  }

  return {
    element: el('div', {}, canvas, words),
    update(now) {
      const { bitfield, pieceCount, stats } = torrent
      for (const [piece, at] of fresh) if (now - at > NEW_MS) fresh.delete(piece)
      let count = 0
      for (let piece = 0; piece < pieceCount; piece += 1) if (hasPiece(bitfield, piece)) count += 1
      const pieces = say('piecesWords', { n: count, total: pieceCount })
      const copies = say('availability', { n: stats.availability })
      setText(words, torrent.peers.length > 0 ? `${pieces} · ${copies}` : pieces)
      canvas.setAttribute('aria-label', pieces)
      // In other colours it is another picture.
      const accent = getComputedStyle(canvas).getPropertyValue('--accent')
      const state = `${count} ${fresh.size} ${canvas.clientWidth} ${accent}`
      if (state === drawn) return
      drawn = state
      draw(bitfield, pieceCount)
    },
  }
}

function hasPiece(bitfield: Uint8Array, piece: number): boolean {
  return (((bitfield[piece >> 3] ?? 0) >> (7 - (piece & 7))) & 1) === 1
}
