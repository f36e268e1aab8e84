/** Sliders and buttons: what the swarm is made of, and how it is played. */
import { button, el, setText } from '../dom.ts'
import { type NumberName, RANGES, type Settings } from './settings.ts'

export interface ControlEvents {
  changed(settings: Settings): void
  playOrPause(): void
  step(): void
  restart(): void
  speedChanged(speed: number): void
}

const SPEEDS = [0.25, 1, 2, 4, 8, 16] as const

const SLIDERS: readonly (readonly [name: Exclude<NumberName, 'seed'>, label: string, unit: string])[] = [
  ['peers', 'Visitors', ''],
  ['upload', 'Upload of each, about', ' Mbit/s'],
  ['churn', 'Leave and come back', ' %'],
  ['polluters', 'Polluters', ' %'],
]

export class Controls {
  /** How it is played. */
  readonly transport: HTMLElement
  /** What the swarm is made of. */
  readonly sliders: HTMLElement
  readonly #events: ControlEvents
  readonly #play: HTMLButtonElement
  #settings: Settings

  constructor(settings: Settings, speed: number, events: ControlEvents) {
    this.#settings = settings
    this.#events = events
    this.#play = button('Play', () => events.playOrPause(), 'primary')
    this.#play.id = 'play'
    this.transport = el(
      'div',
      { className: 'transport', attributes: { role: 'group', 'aria-label': 'Playback' } },
      this.#play,
      button('Step', () => events.step()),
      button('Restart', () => events.restart()),
      this.#speed(speed),
    )
    this.sliders = el(
      'form',
      { className: 'sliders', onsubmit: (event: SubmitEvent) => event.preventDefault() },
      ...SLIDERS.map(([name, label, unit]) => this.#slider(name, label, unit)),
      this.#origin(),
      this.#seed(),
    )
  }

  showPlaying(isPlaying: boolean): void {
    setText(this.#play, isPlaying ? 'Pause' : 'Play')
  }

  #speed(initial: number): HTMLElement {
    const select = el('select', { id: 'speed', attributes: { 'aria-label': 'Speed' } })
    for (const speed of SPEEDS) {
      select.append(el('option', { value: String(speed), textContent: `${speed === 0.25 ? '¼' : speed} ×` }))
    }
    select.value = String(initial)
    select.onchange = () => this.#events.speedChanged(Number(select.value))
    return el('label', { className: 'speed', htmlFor: 'speed' }, el('span', { textContent: 'Speed' }), select)
  }

  #slider(name: NumberName, label: string, unit: string): HTMLElement {
    const { min, max, step } = RANGES[name]
    const input = el('input', { type: 'range', id: name, min: String(min), max: String(max), step: String(step) })
    input.value = String(this.#settings[name])
    const output = el('output', { attributes: { for: name } })
    const show = () => {
      setText(output, `${input.value}${unit}`)
      input.setAttribute('aria-valuetext', `${input.value}${unit}`)
    }
    show()
    input.oninput = show
    input.onchange = () => this.#change({ [name]: Number(input.value) })
    return el('div', { className: 'slider' }, el('label', { htmlFor: name, textContent: label }), output, input)
  }

  #origin(): HTMLElement {
    const input = el('input', { type: 'checkbox', id: 'origin', checked: this.#settings.origin })
    input.onchange = () => this.#change({ origin: input.checked })
    return el('label', { className: 'switch', htmlFor: 'origin' }, input, ' A web server helps')
  }

  #seed(): HTMLElement {
    const { min, max } = RANGES.seed
    const input = el('input', { type: 'number', id: 'seed', min: String(min), max: String(max), required: true })
    input.value = String(this.#settings.seed)
    input.onchange = () => {
      if (input.checkValidity()) this.#change({ seed: Number(input.value) })
    }
    const next = button('Another', () => {
      input.value = String((Number(input.value) + 1) % (max + 1))
      this.#change({ seed: Number(input.value) })
    })
    next.setAttribute('aria-label', 'Another seed')
    const label = el('label', { htmlFor: 'seed', textContent: 'Seed of chance' })
    return el('div', { className: 'chance' }, label, el('div', { className: 'row' }, input, next))
  }

  #change(changes: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...changes }
    this.#events.changed(this.#settings)
  }
}
