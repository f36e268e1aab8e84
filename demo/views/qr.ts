/** A QR code of a link, black on white in every colour scheme: cameras read no other. */
import { generate } from 'lean-qr'
import { svg } from './svg.ts'

/** Of quiet ground around it, in modules (ISO/IEC 18004). */
const MARGIN = 4

export function qrPicture(link: string, label: string): SVGSVGElement {
  const code = generate(link)
  const side = code.size + 2 * MARGIN
  let path = ''
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) if (code.get(x, y)) path += `M${x + MARGIN} ${y + MARGIN}h1v1h-1z`
  }
  return svg(
    'svg',
    { viewBox: `0 0 ${side} ${side}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
    svg('rect', { width: side, height: side, fill: '#fff' }),
    svg('path', { d: path, fill: '#000' }),
  )
}
