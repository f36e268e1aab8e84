/** One file of a share at a time, seen or heard while it comes. Fetched by those who receive. */
import { button, el } from '../dom.ts'
import { language } from '../page-language.ts'
import { type PreviewView, previewKind, previewView } from '../preview/preview-view.ts'
import { pageUrls } from '../saving/page-urls.ts'
import type { SharedFile } from '../shared-file.ts'

export interface Previews {
  readonly element: HTMLElement
  canShow(file: SharedFile): boolean
  show(file: SharedFile): Promise<void>
  close(): void
}

const { say } = language

export function previews(): Previews {
  const element = el('div', { className: 'previews' })
  let shown: PreviewView | undefined
  let opener: Element | null = null
  const close = (): void => {
    const hadFocus = element.contains(document.activeElement)
    shown?.close()
    shown = undefined
    element.replaceChildren()
    if (hadFocus && opener instanceof HTMLElement) opener.focus()
  }
  element.onkeydown = ({ key }) => {
    if (key === 'Escape') close()
  }
  return {
    element,
    canShow: file => previewKind(file) !== undefined,
    async show(file) {
      const from = document.activeElement
      const urls = await pageUrls()
      close()
      opener = from
      shown = urls && previewView(file, urls)
      const closing = button(say('closePreview'), close)
      element.replaceChildren(
        shown?.element ?? el('p', { className: 'notice', textContent: say('noPreview') }),
        closing,
      )
      element.scrollIntoView({ block: 'nearest' })
      closing.focus({ preventScroll: true })
    },
    close,
  }
}
