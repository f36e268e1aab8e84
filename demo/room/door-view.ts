/** Before the room: what it is, one's name, and the button that nothing happens without. */
import { button, el } from '../dom.ts'
import { sayRoom as say } from './words.ts'

export type Door = 'new' | 'cut' | 'invited' | 'left'

export interface DoorView {
  readonly element: HTMLElement
  focus(): void
}

const HEADINGS = { new: 'newHeading', cut: 'newHeading', invited: 'invitedHeading', left: 'leftHeading' } as const
const ACTIONS = { new: 'open', cut: 'open', invited: 'join', left: 'joinAgain' } as const

/** @param onEnter with the name as it was typed */
export function doorView({
  door,
  name,
  onEnter,
}: {
  door: Door
  name: string
  onEnter: (name: string) => void
}): DoorView {
  const heading = el('h2', { textContent: say(HEADINGS[door]), tabIndex: -1 })
  const input = el('input', {
    type: 'text',
    id: 'name',
    value: name,
    attributes: { autocomplete: 'nickname' },
    maxLength: 80,
  })
  input.setAttribute('aria-describedby', 'name-hint')
  const enter = button(say(ACTIONS[door]), () => undefined, 'primary')
  enter.type = 'submit'
  const form = el(
    'form',
    { className: 'door' },
    el(
      'div',
      { className: 'field' },
      el('label', { htmlFor: 'name', textContent: say('yourName') }),
      input,
      el('span', { className: 'quiet', id: 'name-hint', textContent: say('nameHint') }),
    ),
    el('div', { className: 'actions' }, enter),
  )
  form.onsubmit = event => {
    event.preventDefault()
    enter.disabled = true
    onEnter(input.value)
  }
  const element = el('section', {}, heading)
  if (door === 'cut') {
    element.append(el('p', { className: 'alert', attributes: { role: 'alert' }, textContent: say('linkCut') }))
  }
  if (door !== 'left') element.append(el('p', { textContent: say('newLead') }))
  element.append(form, el('p', { className: 'quiet', textContent: say('addressNotice') }))
  return { element, focus: () => heading.focus() }
}
