/** Before anything is fetched: which files, how much, whether there is room, and one button. Fetched by those who open a link. */
import { button, el, setText, show } from '../dom.ts'
import { chosenIn, fileTree } from '../file-tree.ts'
import { isMetered } from '../metered.ts'
import { language } from '../page-language.ts'
import { spaceProblem } from '../problems.ts'
import type { SharedFile } from '../shared-file.ts'
import type { Share } from '../shares.ts'
import { treeView } from './tree-view.ts'

export interface ReadyView {
  readonly element: HTMLElement
  /** The row of the one button, with room beside it. */
  readonly actions: HTMLElement
  update(): void
}

export interface ReadyViewOptions {
  readonly share: Share
  /** The person wants these files. Called in a click's handler, which pickers need. */
  readonly onDownload: (files: readonly SharedFile[]) => void
  readonly onSharing: (isSharing: boolean) => void
}

const { say, bytes } = language

export function readyView({ share, onDownload, onSharing }: ReadyViewOptions): ReadyView {
  const download = button('', () => onDownload(wanted()), 'primary')
  const space = el('p', { className: 'quiet' })
  const alert = el('p', { className: 'alert', hidden: true, attributes: { role: 'alert' } })
  const place = el('div', {})
  const sharing = el('input', {
    type: 'checkbox',
    checked: share.isSharing,
    onchange: () => onSharing(sharing.checked),
  })
  const mobile = el('p', { className: 'notice' })
  const metered = el('div', { className: 'metered' }, mobile, el('label', {}, sharing, say('shareBack')))
  const actions = el('div', { className: 'actions' }, download)
  const element = el('div', { className: 'ready' }, place, metered, alert, space, actions)
  let tree: ReturnType<typeof fileTree> | undefined
  let allowedBytes: number | undefined

  function wanted(): readonly SharedFile[] {
    const chosen = new Set(tree === undefined ? [] : chosenIn(tree))
    return share.files.filter((_, index) => chosen.has(index))
  }

  function renew(): void {
    const { chosenBytes = 0, chosenCount = 0 } = tree ?? {}
    setText(download, chosenCount === 0 ? say('nothingChosen') : say('download', { size: bytes(chosenBytes) }))
    download.disabled = chosenCount === 0
    setText(mobile, say(share.isSharing ? 'meteredSharing' : 'metered', { size: bytes(chosenBytes) }))
    show(metered, isMetered())
    const problem = spaceProblem(chosenBytes, allowedBytes, language)
    setText(alert, problem === '' ? '' : `${problem} ${say('quotaFewer')}`)
    show(alert, problem !== '')
    setText(space, allowedBytes === undefined ? '' : say('free', { size: bytes(allowedBytes) }))
    show(space, allowedBytes !== undefined && problem === '')
  }

  async function estimate(): Promise<void> {
    // Absent without a secure context.
    const { quota, usage = 0 } = (await navigator.storage?.estimate().catch(() => undefined)) ?? {}
    if (quota !== undefined) allowedBytes = Math.max(0, quota - usage)
    renew()
  }

  return {
    element,
    actions,
    update() {
      if (tree !== undefined || share.files.length === 0) return
      tree = fileTree(share.files)
      place.replaceChildren(treeView(tree, renew).element)
      renew()
      void estimate()
    },
  }
}
