/** The link, ready to be copied, handed on or shown to a camera; and the magnet link for other programs. */
import { button, el, show } from '../dom.ts'
import { language } from '../page-language.ts'
import { copyButton } from './copy-button.ts'

export interface LinkBox {
  readonly element: HTMLElement
  /** @param name of what it leads to @param magnet for other programs; undefined where they could not read the files */
  update(name: string, link: string | undefined, magnet: string | undefined): void
}

const { say } = language

/** `isPrimary`: copying the link is what a person came for. `label`: what it leads to. @default the files */
export function linkBox({ isPrimary, label = say('linkLabel') }: { isPrimary: boolean; label?: string }): LinkBox {
  const link = textToCopy({ id: 'link', label, copyLabel: say('copyLink') })
  if (isPrimary) link.copy.className = 'primary'
  const share = button(
    say('share'),
    () => void navigator.share({ title, url: link.input.value }).catch(() => undefined),
  )
  share.hidden = !('share' in navigator)
  let title = ''
  const picture = el('div', { className: 'qr', hidden: true })
  const qr = button(say('qr'), () => void toggleQr())
  qr.setAttribute('aria-expanded', 'false')
  link.row.append(share, qr)
  link.element.append(picture)
  const magnet = textToCopy({ id: 'magnet', label: say('magnet'), copyLabel: say('copyMagnet') })
  const others = el(
    'details',
    { className: 'panel' },
    el('summary', { textContent: say('otherPrograms') }),
    magnet.element,
  )
  const element = el('div', { className: 'links', hidden: true }, link.element, others)

  async function toggleQr(): Promise<void> {
    const isShown = picture.hidden !== false
    // Few want one: it is fetched when somebody does.
    if (isShown) picture.replaceChildren((await import('./qr.ts')).qrPicture(link.input.value, say('qrLabel')))
    show(picture, isShown)
    qr.setAttribute('aria-expanded', String(isShown))
  }

  return {
    element,
    update(name, address, magnetLink) {
      title = name
      show(element, address !== undefined)
      show(others, magnetLink !== undefined)
      if (address !== undefined && link.input.value !== address) link.input.value = address
      if (magnetLink !== undefined && magnet.input.value !== magnetLink) magnet.input.value = magnetLink
    },
  }
}

interface TextToCopy {
  readonly element: HTMLElement
  readonly row: HTMLElement
  readonly input: HTMLInputElement
  readonly copy: HTMLButtonElement
}

function textToCopy({ id, label, copyLabel }: { id: string; label: string; copyLabel: string }): TextToCopy {
  const input = el('input', { readOnly: true, type: 'text', id, spellcheck: false })
  input.onfocus = () => input.select()
  const copy = copyButton(
    copyLabel,
    () => input.value,
    () => input.focus(),
  )
  const row = el('div', { className: 'row' }, input, copy.button)
  const element = el('div', { className: 'link' }, el('label', { htmlFor: id, textContent: label }), row, copy.spoken)
  return { element, row, input, copy: copy.button }
}
