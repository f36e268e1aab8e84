/** The rates of the last minute, as two lines. */
import { el, setText } from '../dom.ts'
import { language } from '../page-language.ts'
import { RATE_SECONDS, type Rates } from './rates.ts'
import { svg } from './svg.ts'

export interface Sparkline {
  readonly element: HTMLElement
  update(): void
}

const HEIGHT = 40
/** A quiet line stays low: whatever is below this does not fill the height. */
const TOP_BYTES_PER_SECOND_MIN = 10_000

const { say, rate } = language

export function sparkline({ downs, ups }: Rates): Sparkline {
  const down = svg('polyline', { class: 'down' })
  const up = svg('polyline', { class: 'up' })
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${RATE_SECONDS - 1} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', class: 'sparkline' },
    up,
    down,
  )
  const words = el('p', { className: 'quiet' })
  return {
    element: el('div', {}, drawing, words),
    update() {
      const top = Math.max(TOP_BYTES_PER_SECOND_MIN, ...downs, ...ups)
      down.setAttribute('points', pointsOf(downs, top))
      up.setAttribute('points', pointsOf(ups, top))
      const text = say('speed', { down: rate(downs.at(-1) ?? 0), up: rate(ups.at(-1) ?? 0) })
      setText(words, text)
      drawing.setAttribute('aria-label', text)
    },
  }
}

/** The latest is at the right edge. */
function pointsOf(values: readonly number[], top: number): string {
  const first = RATE_SECONDS - values.length
  return values.map((value, i) => `${first + i},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`).join(' ')
}
