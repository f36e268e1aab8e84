/** The three buttons: another visitor, the origin's switch, a fresh start. */
import { button, el, setText, show } from '../dom.ts'

export interface Switches {
  readonly element: HTMLElement
  readonly isOriginOn: boolean
}

/** @param onOrigin called when the origin was switched, by whomever @param words where it is said */
export function switches(words: HTMLElement, onOrigin: () => void): Switches {
  const other = otherVisitor(location)
  const visitor = el('a', {
    className: 'button primary',
    textContent: 'Open another visitor',
    target: '_blank',
    rel: 'noopener',
  })
  show(visitor, other !== undefined)
  let count = 1
  const next = (): void => {
    visitor.href = other?.(++count) ?? ''
  }
  next()
  // The address that was clicked is on its way; the next click is the next visitor.
  visitor.addEventListener('click', () => setTimeout(next))

  let isOriginOn = true
  const origin = button('Switch origin off', () => void turn())
  show(origin, false)
  const clear = button('Clear cache', () => location.assign('clear.html'))

  function hear(state: string): void {
    show(origin, state !== 'fixed')
    isOriginOn = state !== 'off'
    setText(origin, isOriginOn ? 'Switch origin off' : 'Switch origin on')
    setText(
      words,
      isOriginOn
        ? ''
        : 'The origin refuses all assets, to every visitor. Reload, or open another visitor: the page still loads.',
    )
    onOrigin()
  }
  async function look(): Promise<void> {
    const response = await fetch('origin', { cache: 'no-store' })
    if (response.ok) hear((await response.text()).trim())
  }
  async function turn(): Promise<void> {
    const response = await fetch(`origin?${isOriginOn ? 'off' : 'on'}`, { method: 'PUT' })
    if (response.ok) hear((await response.text()).trim())
  }
  void look()
  // Another visitor may have switched it meanwhile.
  addEventListener('focus', () => void look())
  if (!other) setText(words, 'Open this page in another browser, or on another device: that is another visitor.')
  return {
    element: el('div', { className: 'actions' }, visitor, origin, clear),
    get isOriginOn() {
      return isOriginOn
    },
  }
}

/**
 * Storage, worker and connections belong to a host's name: so another name of this machine is another visitor, in the same browser.
 * @returns the address of a visitor by number; undefined: this host has one name
 */
export function otherVisitor({
  protocol,
  hostname,
  port,
  pathname,
}: Pick<Location, 'protocol' | 'hostname' | 'port' | 'pathname'>) {
  if (!/(^|\.)localhost$/.test(hostname)) return undefined
  const own = Number(/^visitor(\d+)\./.exec(hostname)?.[1] ?? 1)
  return (number: number): string => {
    const host = number + own - 1 === 1 ? 'localhost' : `visitor${number + own - 1}.localhost`
    return `${protocol}//${host}${port && `:${port}`}${pathname}`
  }
}
