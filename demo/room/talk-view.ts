/** What was said and what happened, and the line to say something in. */
import { button, el, setText, show } from '../dom.ts'
import { ROOM_LIMITS } from './limits.ts'
import { partsOf } from './links-in-text.ts'
import type { Entry } from './log.ts'
import type { Member } from './members.ts'
import { callName, sayRoom as say } from './words.ts'

export interface TalkView {
  readonly element: HTMLElement
  /** Whether talking is what one is here for at the moment. */
  invite(isInvited: boolean): void
  update(entries: readonly Entry[], members: readonly Member[]): void
}

/** Whoever reads what is this near to the end is shown what comes. */
const NEAR_PIXELS = 40
/** Three bytes of UTF-8 at most for each of what the browser counts. */
const LENGTH_MAX = Math.floor(ROOM_LIMITS.textBytesMax / 3)

/** @param onSay returns whether it was said */
export function talkView({ ownId, onSay }: { ownId: string; onSay: (text: string) => boolean }): TalkView {
  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
  const empty = el('p', { className: 'empty', textContent: say('talkEmpty') })
  const log = el(
    'div',
    // Who cannot point scrolls by the keyboard.
    {
      className: 'log',
      tabIndex: 0,
      attributes: { role: 'log', 'aria-live': 'polite', 'aria-label': say('talkHeading') },
    },
    empty,
  )
  const input = el('input', { type: 'text', id: 'message', autocomplete: 'off', maxLength: LENGTH_MAX })
  const send = button(say('send'), () => undefined)
  send.type = 'submit'
  const trouble = el('p', { className: 'quiet', attributes: { role: 'status' } })
  const form = el(
    'form',
    {},
    el('label', { htmlFor: 'message', className: 'sr-only', textContent: say('message') }),
    input,
    send,
  )
  input.placeholder = say('message')
  form.onsubmit = event => {
    event.preventDefault()
    const isSaid = input.value.trim() === '' || onSay(input.value)
    if (isSaid) input.value = ''
    setText(trouble, isSaid ? '' : say('tooFast'))
    input.focus()
  }
  const element = el(
    'section',
    { className: 'talk' },
    el('h3', { textContent: say('talkHeading') }),
    log,
    form,
    trouble,
  )
  const rows = new Map<number, HTMLElement>()

  function rowOf(entry: Entry, members: readonly Member[]): HTMLElement {
    const time = el('time', { dateTime: new Date(entry.at).toISOString(), textContent: clock.format(entry.at) })
    if (entry.kind === 'line') {
      const { sender, body } = entry.post
      const who = el('bdi', { className: 'who', textContent: callName(sender, body.name, members) })
      const text = el('span', { className: 'text', dir: 'auto' }, ...contentOf(body.type === 'line' ? body.text : ''))
      return el('p', { className: sender === ownId ? 'own' : '' }, who, time, text)
    }
    return el('p', { className: 'news' }, newsOf(entry, members), time)
  }

  return {
    element,
    invite: isInvited => void send.classList.toggle('primary', isInvited),
    update(entries, members) {
      const kept = new Set(entries.map(({ key }) => key))
      for (const [key, row] of rows) {
        if (kept.has(key)) continue
        row.remove()
        rows.delete(key)
      }
      const isNearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PIXELS
      let isMore = false
      let next: ChildNode | null = log.firstChild
      for (const entry of entries) {
        const known = rows.get(entry.key)
        if (next === empty) next = empty.nextSibling
        if (known !== undefined && known === next) {
          next = next.nextSibling
          continue
        }
        const row = known ?? rowOf(entry, members)
        rows.set(entry.key, row)
        log.insertBefore(row, next)
        isMore = true
      }
      show(empty, entries.length === 0)
      if (isMore && isNearEnd) log.scrollTop = log.scrollHeight
    },
  }
}

function newsOf(entry: Exclude<Entry, { kind: 'line' }>, members: readonly Member[]): string {
  switch (entry.kind) {
    case 'joined':
    case 'left':
      return say(entry.kind, { name: entry.name || say('nameless') })
    case 'shutdown':
      return say('shutdown', { n: entry.seconds })
    case 'file': {
      const { sender, body } = entry.post
      const title = body.type === 'file' ? body.title : ''
      return say('dropped', { name: callName(sender, body.name, members), title })
    }
  }
}

/** As text; what people wrote is never markup. */
function contentOf(text: string): (Node | string)[] {
  return partsOf(text).map(({ text, href }) =>
    href === undefined
      ? text
      : el('a', { href, textContent: text, target: '_blank', rel: 'noopener noreferrer nofollow' }),
  )
}
