/** What stands before the files: a password, or the browser's leave to read them. Fetched when something does. */
import type { Gate } from '../contents.ts'
import { button, el, setText, show } from '../dom.ts'
import { language } from '../page-language.ts'

export interface GateView {
  readonly element: HTMLElement
  /** The row of the one button, with room beside it. */
  readonly actions: HTMLElement
  update(gate: Gate | undefined): void
}

const { say } = language
const WORDS = {
  password: 'gatePassword',
  'wrong-password': 'gateWrong',
  permission: 'gatePermission',
  changed: 'gateChanged',
  'not-ours': 'gateNotOurs',
} as const

export function gateView(): GateView {
  const words = el('p', { attributes: { role: 'alert' } })
  const password = el('input', { type: 'password', id: 'password', autocomplete: 'off' })
  const field = el(
    'div',
    { className: 'field' },
    el('label', { htmlFor: 'password', textContent: say('password') }),
    password,
  )
  const open = button('', () => void pass(), 'primary')
  const actions = el('div', { className: 'actions' }, open)
  const form = el('form', { className: 'gate', onsubmit: submit }, words, field, actions)
  let shown: Gate | undefined

  function submit(event: SubmitEvent): void {
    event.preventDefault()
    void pass()
  }

  async function pass(): Promise<void> {
    const gate = shown
    if (gate?.pass === undefined || open.disabled) return
    open.disabled = true
    try {
      await gate.pass(password.value)
    } finally {
      open.disabled = false
    }
  }

  return {
    element: form,
    actions,
    update(gate) {
      show(form, gate !== undefined)
      if (gate === undefined || gate === shown) return
      shown = gate
      const asksPassword = gate.reason === 'password' || gate.reason === 'wrong-password'
      setText(words, say(WORDS[gate.reason]))
      // To be asked is no failure.
      words.className = gate.reason === 'password' || gate.reason === 'permission' ? '' : 'alert'
      show(field, asksPassword)
      show(open, gate.pass !== undefined)
      setText(open, say(asksPassword ? 'openFiles' : 'allowReading'))
      if (asksPassword) password.focus()
    },
  }
}
