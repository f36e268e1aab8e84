/** The checklist of joining: which step it is at and since when, so that nobody waits in silence. */
import { el, setText, show } from './dom.ts'
import type { Torrent } from './shoal.min.js'
import { PATIENCE_MS } from './words.ts'

export interface StepsView {
  readonly element: HTMLElement
  update(torrent: Torrent, now: number): void
}

type StepState = 'waiting' | 'active' | 'done' | 'failed'

interface Step {
  readonly state: StepState
  readonly text: string
}

const MARKS: Record<StepState, string> = { waiting: '○', active: '◔', done: '✓', failed: '!' }
const STATE_WORDS: Record<StepState, string> = {
  waiting: 'waiting',
  active: 'in progress',
  done: 'done',
  failed: 'failed',
}

/** @param now milliseconds, the clock that `update` is called with */
export function stepsView(now: number): StepsView {
  const rows = Array.from({ length: 4 }, () => stepRow())
  const advice = el('p', { className: 'advice', hidden: true })
  const list = el('ol', { className: 'steps' }, ...rows.map(row => row.element))
  const sinceMs = rows.map(() => now)
  const states: StepState[] = rows.map(() => 'waiting')
  return {
    element: el('div', {}, list, advice),
    update(torrent, now) {
      const steps = stepsOf(torrent)
      for (const [index, step] of steps.entries()) {
        if (states[index] !== step.state) {
          states[index] = step.state
          sinceMs[index] = now
        }
        rows[index]?.update(step, now - (sinceMs[index] ?? now))
      }
      const words = adviceWords(
        torrent,
        steps,
        now - Math.min(...sinceMs.filter((_, index) => states[index] !== 'done')),
      )
      setText(advice, words)
      show(advice, words !== '')
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
      setText(state, ` (${STATE_WORDS[step.state]})`)
      const seconds = Math.floor(elapsedMs / 1000)
      setText(time, step.state === 'active' && seconds > 0 ? `${seconds} s` : '')
    },
  }
}

function stepsOf(torrent: Torrent): Step[] {
  const connected = torrent.trackers.filter(tracker => tracker.state === 'connected')
  const broken = torrent.trackers.find(tracker => tracker.state === 'reconnecting' || tracker.state === 'refused')
  const others = othersCount(torrent)
  const peers = torrent.peers.length
  const meeting: Step =
    connected.length > 0
      ? { state: 'done', text: 'Reached the meeting point' }
      : broken !== undefined
        ? {
            state: 'failed',
            text: `Can't reach the meeting point (${hostOf(broken.url)})${retryWords(broken.retryMs)}`,
          }
        : { state: 'active', text: 'Reaching the meeting point…' }
  const isMet = connected.length > 0
  const people: Step =
    others > 0 || peers > 0
      ? { state: 'done', text: `Found ${peopleWords(Math.max(others, peers))}` }
      : {
          state: isMet ? 'active' : 'waiting',
          text: isMet ? 'Nobody else is here yet…' : 'Find people with these files',
        }
  const connection: Step =
    peers > 0
      ? { state: 'done', text: `Connected to ${peopleWords(peers)}` }
      : { state: others > 0 ? 'active' : 'waiting', text: others > 0 ? 'Connecting…' : 'Connect' }
  const isKnown = torrent.files.length > 0
  const fileList: Step = isKnown
    ? { state: 'done', text: 'Received the file list' }
    : {
        state: peers > 0 ? 'active' : 'waiting',
        text: peers > 0 ? 'Receiving the file list…' : 'Receive the file list',
      }
  return [meeting, people, connection, fileList]
}

function adviceWords(torrent: Torrent, steps: readonly Step[], elapsedMs: number): string {
  const [meeting, people, connection] = steps
  if (meeting?.state === 'failed') {
    return 'Check the network of this device. The page keeps trying; existing transfers continue.'
  }
  if (elapsedMs < PATIENCE_MS) return ''
  if (people?.state === 'active') {
    return 'Nobody with these files is online. Ask the sender to reopen their tab; this goes on by itself then.'
  }
  if (connection?.state === 'active') {
    const found = peopleWords(othersCount(torrent))
    return `Found ${found}, but your networks can't connect directly yet. Another Wi-Fi, a hotspot, or switching a VPN off may help.`
  }
  return ''
}

/** What the trackers count, less this page. */
function othersCount(torrent: Torrent): number {
  return Math.max(0, ...torrent.trackers.map(tracker => (tracker.seeds ?? 0) + (tracker.leeches ?? 0) - 1))
}

function peopleWords(count: number): string {
  return count === 1 ? '1 person' : `${count.toLocaleString()} people`
}

function retryWords(retryMs: number | undefined): string {
  return retryMs === undefined ? '' : `; trying again in ${Math.ceil(retryMs / 1000)} s`
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
