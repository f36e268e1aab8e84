/** Who this page is connected to, as a star: an edge is as thick as its rate, and dashed where it goes through a relay. */
import { el } from '../dom.ts'
import { language } from '../page-language.ts'
import type { PeerView } from '../shoal.min.js'
import { svg } from './svg.ts'

export interface Star {
  readonly element: HTMLElement
  update(peers: readonly PeerView[]): void
}

const NODES_MAX = 24
/** Around what is drawn. */
const MARGIN = 22
const RADIUS = 92
const NODE_RADIUS = 10

const { say, percent } = language

export function star(): Star {
  const drawing = svg('svg', { role: 'img', class: 'star' })
  const element = el('div', { className: 'sky' }, drawing)
  return {
    element,
    update(peers) {
      const shown = peers.slice(0, NODES_MAX)
      const seeds = peers.filter(peer => peer.isSeed).length
      drawing.setAttribute('aria-label', say('starLabel', { people: say('people', { n: peers.length }), n: seeds }))
      const parts = shown.map((peer, index) => nodeOf(peer, (index / shown.length) * 2 * Math.PI))
      const centre = svg('circle', { r: NODE_RADIUS * 1.8, class: 'you' })
      const rest = peers.length - shown.length
      const label = svg('text', { y: 4, class: 'label' }, rest > 0 ? `+${rest}` : say('you'))
      // Few people take little room.
      const [xs, ys] = [
        [0, ...parts.map(({ x }) => x)],
        [0, ...parts.map(({ y }) => y)],
      ]
      const [left, top] = [Math.min(...xs) - MARGIN, Math.min(...ys) - MARGIN]
      const [width, height] = [Math.max(...xs) + MARGIN - left, Math.max(...ys) + MARGIN - top]
      drawing.setAttribute('viewBox', `${left} ${top} ${width} ${height}`)
      drawing.setAttribute('width', String(width))
      // Edges below nodes.
      drawing.replaceChildren(...parts.map(({ edge }) => edge), ...parts.map(({ node }) => node), centre, label)
    },
  }
}

function nodeOf(peer: PeerView, angle: number): { edge: SVGElement; node: SVGElement; x: number; y: number } {
  const x = RADIUS * Math.cos(angle)
  const y = RADIUS * Math.sin(angle)
  const bytesPerSecond = peer.downloadBytesPerSecond + peer.uploadBytesPerSecond
  // 1 kB/s is thin, and each tenfold a little thicker.
  const width = 1 + Math.max(0, Math.log10(bytesPerSecond / 1000 + 1)) * 1.5
  const kind = peer.route?.relayed ? 'edge relayed' : 'edge'
  const edge = svg('line', { x2: x, y2: y, class: kind, 'stroke-width': width.toFixed(1) })
  // A ring that fills with what the peer has.
  const girth = 2 * Math.PI * NODE_RADIUS
  const place = { cx: x, cy: y, r: NODE_RADIUS }
  const node = svg(
    'g',
    {},
    svg('title', {}, `${peer.client}: ${percent(peer.progress)}`),
    svg('circle', { ...place, class: 'ground' }),
    svg('circle', {
      ...place,
      class: 'has',
      'stroke-dasharray': `${(girth * peer.progress).toFixed(1)} ${girth.toFixed(1)}`,
      transform: `rotate(-90 ${x} ${y})`,
    }),
  )
  return { edge, node, x, y }
}
