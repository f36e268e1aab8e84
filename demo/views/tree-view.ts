/** The files of a share as a tree with checkboxes: native ones, so that keyboards and screen readers know them. */
import { button, byName, el, setText, show } from '../dom.ts'
import { choiceOf, choose, type TreeNode } from '../file-tree.ts'
import { language } from '../page-language.ts'

export interface TreeView {
  readonly element: HTMLElement
}

/** A row costs the page layout; most folders are shorter than this. */
const ROWS_AT_FIRST = 200

const { say, bytes } = language

/** @param onChange the person chose otherwise */
export function treeView(top: TreeNode, onChange: () => void): TreeView {
  const rows = new Map<TreeNode, HTMLInputElement>()
  const renew = (): void => {
    for (const [node, box] of rows) {
      const choice = choiceOf(node)
      box.checked = choice === 'all'
      box.indeterminate = choice === 'some'
    }
  }
  const set = (node: TreeNode, isChosen: boolean): void => {
    choose(node, isChosen)
    renew()
    onChange()
  }

  function row(node: TreeNode, name: string): HTMLLIElement {
    const box = el('input', { type: 'checkbox', onchange: () => set(node, box.checked) })
    rows.set(node, box)
    const label = el('label', {}, box, el('bdi', { textContent: name }))
    const size = el('span', { className: 'size', textContent: bytes(node.lengthBytes) })
    const line = el('div', { className: 'line' }, label, size)
    const item = el('li', {}, line)
    if (node.index === undefined) line.prepend(opener(node, name, item))
    return item
  }

  /** Rows of a folder are made when it is opened first. */
  function opener(node: TreeNode, name: string, item: HTMLLIElement): HTMLButtonElement {
    let list: HTMLUListElement | undefined
    const toggle = button('▸', () => {
      list ??= item.appendChild(branch(node))
      const isOpen = toggle.getAttribute('aria-expanded') !== 'true'
      toggle.setAttribute('aria-expanded', String(isOpen))
      setText(toggle, isOpen ? '▾' : '▸')
      show(list, isOpen)
      renew()
    })
    toggle.className = 'opener'
    toggle.setAttribute('aria-expanded', 'false')
    toggle.setAttribute('aria-label', say('showFolder', { name }))
    return toggle
  }

  function branch(node: TreeNode): HTMLUListElement {
    const list = el('ul', { hidden: true })
    const sorted = [...node.children].sort((one, other) => byName(one.name, other.name))
    const more = el(
      'li',
      {},
      button(say('showAll'), () => addRows(Number.POSITIVE_INFINITY)),
    )
    const addRows = (rowsMax: number): void => {
      const shown = list.childElementCount - (more.isConnected ? 1 : 0)
      more.remove()
      const added = document.createDocumentFragment()
      for (const child of sorted.slice(shown, rowsMax)) added.append(row(child, child.name))
      list.append(added)
      if (list.childElementCount < node.children.length) list.append(more)
      renew()
    }
    addRows(ROWS_AT_FIRST)
    return list
  }

  const root = row(top, top.index === undefined ? say('wholeShare') : top.name)
  if (top.index === undefined) root.querySelector('button')?.click()
  renew()
  return { element: el('ul', { className: 'tree', attributes: { 'aria-label': say('filesHeading') } }, root) }
}
