/** The donut: how much came from where, with its legend in words, which says the same without colours. */
import { el, setText } from '../dom.ts'
import { formatBytes } from '../format.ts'
import { donutWords, peersShare, savedWords, type Sources } from './words.ts'

const RADIUS = 42
const GIRTH = 2 * Math.PI * RADIUS
const KINDS = [
  ['peers', 'From peers'],
  ['origin', 'From the origin'],
  ['cache', 'Kept by this browser'],
] as const

export interface Donut {
  readonly element: HTMLElement
  update(sources: Sources, uploaded: number): void
}

export function donut(): Donut {
  const ring = svg('svg', { viewBox: '0 0 100 100', 'aria-hidden': 'true', class: 'donut' })
  const circle = (name: string): SVGElement =>
    svg('circle', { cx: '50', cy: '50', r: `${RADIUS}`, class: name, pathLength: `${GIRTH}` })
  const arcs = KINDS.map(([name]) => circle(name))
  ring.append(circle('track'), ...arcs)
  const percent = el('strong')
  const caption = el('span')
  const middle = el('p', { className: 'middle' }, percent, caption)
  const saved = el('p', { className: 'saved' })
  const values = KINDS.map(() => el('dd'))
  const sent = el('dd')
  const rows = KINDS.map(([name, label], i) =>
    el('div', { className: name }, el('dt', { textContent: label }), values[i]!),
  )
  rows.push(el('div', {}, el('dt', { textContent: 'Sent to others' }), sent))
  return {
    element: el(
      'div',
      { className: 'offload' },
      el('div', { className: 'dial' }, ring, middle),
      el('div', {}, saved, el('dl', {}, ...rows)),
    ),
    update(sources, uploaded) {
      const all = sources.peers + sources.origin + sources.cache
      let before = 0
      for (const [i, [name]] of KINDS.entries()) {
        const length = all === 0 ? 0 : (sources[name] / all) * GIRTH
        arcs[i]!.setAttribute('stroke-dasharray', `${length} ${GIRTH}`)
        arcs[i]!.setAttribute('stroke-dashoffset', `${-before}`)
        // A cap at the end of nothing would be a dot.
        arcs[i]!.toggleAttribute('hidden', length === 0)
        before += length
        setText(values[i]!, formatBytes(sources[name]))
      }
      const [, figure = '', words = donutWords(sources)] = /^(\d+ %) (.*)$/.exec(donutWords(sources)) ?? []
      setText(percent, figure)
      setText(caption, words)
      middle.classList.toggle('high', peersShare(sources) >= 0.5)
      setText(saved, savedWords(sources))
      setText(sent, formatBytes(uploaded))
    },
  }
}

function svg(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}
