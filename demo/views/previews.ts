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
  const close = (): void => {
    shown?.close()
    shown = undefined
    element.replaceChildren()
  }
  return {
    element,
    canShow: file => previewKind(file) !== undefined,
    async show(file) {
      const urls = await pageUrls()
      close()
      shown = urls && previewView(file, urls)
      element.replaceChildren(
        shown?.element ?? el('p', { className: 'notice', textContent: say('noPreview') }),
        button(say('closePreview'), close),
      )
      element.scrollIntoView({ block: 'nearest' })
    },
    close,
  }
}
