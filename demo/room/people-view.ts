/** Who is here, and how oneself is shown to them. */
import { el, setText } from '../dom.ts'
import type { Member } from './members.ts'
import { STATUSES, type Status } from './messages.ts'
import { callName, sayRoom as say } from './words.ts'

export interface PeopleView {
  readonly element: HTMLElement
  /** Oneself first. */
  update(members: readonly Member[]): void
}

export function peopleView(options: {
  readonly name: string
  readonly status: Status
  readonly onChange: (name: string, status: Status) => void
}): PeopleView {
  const heading = el('h3', { textContent: say('peopleHeading') })
  const list = el('ul', { className: 'people' })
  const name = el('input', {
    type: 'text',
    id: 'own-name',
    value: options.name,
    attributes: { autocomplete: 'nickname' },
    maxLength: 80,
  })
  const status = el('select', { id: 'own-status' })
  for (const value of STATUSES) status.append(el('option', { value, textContent: say(value) }))
  status.value = options.status
  const changed = (): void => options.onChange(name.value, status.value as Status)
  name.onchange = changed
  status.onchange = changed
  const element = el(
    'section',
    {},
    heading,
    list,
    el(
      'div',
      { className: 'self' },
      el('div', { className: 'field' }, el('label', { htmlFor: 'own-name', textContent: say('yourName') }), name),
      el('div', { className: 'field' }, el('label', { htmlFor: 'own-status', textContent: say('status') }), status),
    ),
  )
  let shown = ''
  return {
    element,
    update(members) {
      const state = JSON.stringify(members)
      if (state === shown) return
      shown = state
      setText(heading, `${say('peopleHeading')} (${members.length})`)
      const rows = members.map((member, index) => {
        const called = el('bdi', { textContent: callName(member.id, member.name, members) })
        const notes = [...(index === 0 ? [say('you')] : []), say(member.status)]
        return el(
          'li',
          { className: member.status },
          called,
          el('span', { className: 'quiet' }, ` – ${notes.join(', ')}`),
        )
      })
      list.replaceChildren(...rows)
    },
  }
}
