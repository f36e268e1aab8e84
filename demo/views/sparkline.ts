/** The rates of the last minute. */
import { el, setText } from '../dom.ts'
import { language } from '../page-language.ts'
import { svg } from './svg.ts'

export interface Sparkline {
  readonly element: HTMLElement
  /** @param now milliseconds; asked often, it keeps one value a second */
  update(now: number, rates: { readonly downBytesPerSecond: number; readonly upBytesPerSecond: number }): void
}

const SECONDS = 60
const HEIGHT = 40
/** A quiet line stays low: whatever is below this does not fill the height. */
const TOP_BYTES_PER_SECOND_MIN = 10_000

const { say, rate } = language

export function sparkline(): Sparkline {
  const down = svg('polyline', { class: 'down' })
  const up = svg('polyline', { class: 'up' })
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${SECONDS - 1} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', class: 'sparkline' },
    up,
    down,
  )
  const words = el('p', { className: 'quiet' })
  const downs: number[] = []
  const ups: number[] = []
  let keptAt = Number.NEGATIVE_INFINITY
  return {
    element: el('div', {}, drawing, words),
    update(now, { downBytesPerSecond, upBytesPerSecond }) {
      if (now - keptAt < 1000) return
      keptAt = now
      keep(downs, downBytesPerSecond)
      keep(ups, upBytesPerSecond)
      const top = Math.max(TOP_BYTES_PER_SECOND_MIN, ...downs, ...ups)
      down.setAttribute('points', pointsOf(downs, top))
      up.setAttribute('points', pointsOf(ups, top))
      const text = say('speed', { down: rate(downBytesPerSecond), up: rate(upBytesPerSecond) })
      setText(words, text)
      drawing.setAttribute('aria-label', text)
    },
  }
}

function keep(values: number[], value: number): void {
  values.push(value)
  if (values.length > SECONDS) values.shift()
}

/** The latest is at the right edge. */
function pointsOf(values: readonly number[], top: number): string {
  const first = SECONDS - values.length
  return values.map((value, i) => `${first + i},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`).join(' ')
}
