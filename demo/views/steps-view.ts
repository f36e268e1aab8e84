/** The checklist of joining: which step it is at and since when, so that nobody waits in silence. */
import { el, setText, show } from '../dom.ts'
import type { Facts } from '../facts.ts'
import { language } from '../page-language.ts'
import { PATIENCE_MS } from '../words.ts'

export interface StepsView {
  readonly element: HTMLElement
  update(facts: Facts, hasFiles: boolean, now: number): void
}

type StepState = 'waiting' | 'active' | 'done' | 'failed'

interface Step {
  readonly state: StepState
  readonly text: string
}

const { say } = language
const MARKS: Record<StepState, string> = { waiting: '○', active: '◔', done: '✓', failed: '!' }
const STATE_KEYS = { waiting: 'stateWaiting', active: 'stateActive', done: 'stateDone', failed: 'stateFailed' } as const
/** After this long it is said that waiting is all right, until there is more to say. */
const HELP_MS = 5_000

/** @param now milliseconds, the clock that `update` is called with */
export function stepsView(now: number): StepsView {
  const rows = Array.from({ length: 4 }, () => stepRow())
  const help = el('p', { className: 'quiet', hidden: true, textContent: say('stepHelp') })
  const list = el('ol', { className: 'steps' }, ...rows.map(row => row.element))
  const sinceMs = rows.map(() => now)
  const states: StepState[] = rows.map(() => 'waiting')
  return {
    element: el('div', {}, list, help),
    update(facts, hasFiles, now) {
      for (const [index, step] of stepsOf(facts, hasFiles).entries()) {
        if (states[index] !== step.state) {
          states[index] = step.state
          sinceMs[index] = now
        }
        rows[index]?.update(step, now - (sinceMs[index] ?? now))
      }
      show(help, facts.elapsedMs >= HELP_MS && facts.elapsedMs < PATIENCE_MS && facts.meeting.state !== 'down')
    },
  }
}

function stepRow(): { element: HTMLLIElement; update(step: Step, elapsedMs: number): void } {
  const mark = el('span', { className: 'mark', attributes: { 'aria-hidden': 'true' } })
  const text = el('span')
  const state = el('span', { className: 'sr-only' })
  const time = el('span', { className: 'elapsed' })
  const element = el('li', {}, mark, text, state, time)
  return {
    element,
    update(step, elapsedMs) {
      element.className = step.state
      setText(mark, MARKS[step.state])
      setText(text, step.text)
      setText(state, ` (${say(STATE_KEYS[step.state])})`)
      const seconds = Math.floor(elapsedMs / 1000)
      setText(time, step.state === 'active' && seconds > 0 ? `${seconds} s` : '')
    },
  }
}

function stepsOf({ meeting, foundCount, peersCount }: Facts, hasFiles: boolean): Step[] {
  const isMet = meeting.state === 'reached'
  const isFound = foundCount > 0
  const isConnected = peersCount > 0
  return [
    meeting.state === 'down'
      ? { state: 'failed', text: say('stepUnreached', { host: meeting.host }) }
      : step(isMet, true, say('stepReached'), say('stepReaching'), ''),
    step(
      isFound,
      isMet,
      say('stepFound', { people: say('people', { n: foundCount }) }),
      say('stepFinding'),
      say('stepFind'),
    ),
    step(isConnected, isFound, say('stepConnected'), say('stepConnecting'), say('stepConnect')),
    step(hasFiles, isConnected, say('stepListed'), say('stepListing'), say('stepList')),
  ]
}

function step(isDone: boolean, isActive: boolean, done: string, active: string, waiting: string): Step {
  if (isDone) return { state: 'done', text: done }
  return isActive ? { state: 'active', text: active } : { state: 'waiting', text: waiting }
}
