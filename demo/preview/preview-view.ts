/**
 * A file as one can see or hear it while it comes. It is shown in a frame of the files' own worker, which runs no script: nothing that a
 * sender made has any part in this page.
 */
import { type FileUrls, type InertKind, inertKindOf, inertTypeOf, type UrlFile } from '../../src/urls/index.ts'
import { el } from '../dom.ts'
import { language } from '../page-language.ts'
import type { SharedFile } from '../shared-file.ts'

export interface PreviewView {
  readonly element: HTMLElement
  /** Ends what it fetches. */
  close(): void
}

const { say, bytes } = language

/** Of a text that is shown: the beginning. Bytes. */
const TEXT_BYTES_MAX = 256 * 1024

const HEIGHTS: Readonly<Record<InertKind, string>> = {
  image: '360',
  video: '360',
  audio: '80',
  text: '360',
  pdf: '600',
}

/** How a file is shown; undefined: not at all. */
export function previewKind(file: { readonly name: string }): InertKind | undefined {
  return inertKindOf(inertTypeOf(file.name))
}

/** @returns undefined for files that have no preview */
export function previewView(file: SharedFile, urls: FileUrls): PreviewView | undefined {
  const kind = previewKind(file)
  if (kind === undefined) return undefined
  const isCut = kind === 'text' && file.length > TEXT_BYTES_MAX
  const address = urls.url(isCut ? beginningOf(file) : file)
  const frame = el('iframe', {
    className: `preview ${kind}`,
    title: say('previewFile', { path: file.name }),
    src: address,
    width: '100%',
    height: HEIGHTS[kind],
    attributes: {
      allow: 'fullscreen',
      referrerpolicy: 'no-referrer',
      // The worker's answers say the same; a PDF is shown by the browser's own viewer, which this would forbid.
      ...(kind !== 'pdf' && { sandbox: 'allow-same-origin' }),
    },
  })
  const note = isCut
    ? [el('p', { className: 'quiet', textContent: say('previewCut', { size: bytes(TEXT_BYTES_MAX) }) })]
    : []
  const element = el('figure', { className: 'preview-panel' }, frame, ...note)
  return {
    element,
    close() {
      urls.revoke(address)
      element.remove()
    },
  }
}

function beginningOf(file: SharedFile): UrlFile {
  return { name: file.name, length: TEXT_BYTES_MAX, stream: range => file.stream(range) }
}
