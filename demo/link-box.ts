/** The link, ready to be copied. */
import { button, el, show } from './dom.ts'

export interface LinkBox {
  readonly element: HTMLElement
  update(link: string | undefined): void
}

/** How long the button says that it worked. */
const CONFIRMATION_MS = 2_000

/** `isPrimary`: copying the link is what a person came for. */
export function linkBox({ isPrimary }: { isPrimary: boolean }): LinkBox {
  const input = el('input', { readOnly: true, type: 'text', id: 'link', spellcheck: false })
  const confirmation = el('span', { className: 'sr-only', attributes: { role: 'status' } })
  input.onfocus = () => input.select()
  const copy = button('Copy link', () => void copyLink(), isPrimary ? 'primary' : '')
  const share = button('Share', () => void navigator.share({ url: input.value }).catch(() => undefined))
  share.hidden = !('share' in navigator)
  const element = el(
    'div',
    { className: 'link', hidden: true },
    el('label', { htmlFor: 'link', textContent: 'Link to these files' }),
    el('div', { className: 'row' }, input, copy, share),
    confirmation,
  )

  async function copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(input.value)
      copy.textContent = 'Copied'
      confirmation.textContent = 'Link copied.'
    } catch {
      // No clipboard without a secure context or the permission: the person can still copy by hand.
      input.focus()
      copy.textContent = 'Press Ctrl+C'
      confirmation.textContent = 'The link is selected; copy it with the keyboard.'
    }
    setTimeout(() => {
      copy.textContent = 'Copy link'
      confirmation.textContent = ''
    }, CONFIRMATION_MS)
  }

  return {
    element,
    update(link) {
      show(element, link !== undefined)
      if (link !== undefined && input.value !== link) input.value = link
    },
  }
}
