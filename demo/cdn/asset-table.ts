/** The table of assets: name, size, who delivered it, how long it took, and whether it is verified. */
import { el, setText } from '../dom.ts'
import { formatBytes, formatPercent } from '../format.ts'
import type { Asset } from './assets.ts'
import { formatMs, type Sources, sourceWords } from './words.ts'

export interface AssetRow extends Sources {
  readonly bytes: number
  readonly verified: number
}

export interface AssetTable {
  readonly element: HTMLElement
  /** @param ms from asking to having it; undefined: it is on its way, or was not asked for */
  update(asset: Asset, row: AssetRow | undefined, ms: number | undefined): void
}

const KINDS = ['peers', 'origin', 'cache'] as const

export function assetTable(assets: readonly Asset[]): AssetTable {
  const rows = new Map(assets.map(asset => [asset, rowOf(asset)]))
  const heads = ['File', 'Size', 'From', 'ms', 'Verified'].map(text => el('th', { textContent: text, scope: 'col' }))
  const caption = el('caption', { textContent: 'Who delivered what', className: 'sr-only' })
  const body = el('tbody', {}, ...[...rows.values()].map(({ element }) => element))
  return {
    element: el('table', { className: 'assets' }, caption, el('thead', {}, el('tr', {}, ...heads)), body),
    update: (asset, row, ms) => rows.get(asset)!.update(row, ms),
  }
}

function rowOf({ name }: Asset) {
  const [base = name, extension = ''] = name.split(/(?=\.)/)
  const size = el('td', { className: 'number' })
  const words = el('span')
  const parts = KINDS.map(kind => el('i', { className: kind }))
  const bar = el('span', { className: 'bar', attributes: { 'aria-hidden': 'true' } }, ...parts)
  const from = el('td', { className: 'from' }, words, bar)
  const time = el('td', { className: 'number' })
  const verified = el('td', { className: 'verified' })
  const element = el('tr', {}, el('th', { scope: 'row' }, base, el('wbr'), extension), size, from, time, verified)
  return {
    element,
    update(row: AssetRow | undefined, ms: number | undefined): void {
      setText(time, formatMs(ms))
      if (!row) return
      const { bytes } = row
      const isWhole = row.verified >= bytes
      setText(size, formatBytes(bytes))
      const told = row.peers + row.origin + row.cache
      // Nobody sent what is here: it was here before, and how much of it was shown the browser does not tell.
      const sources = told === 0 && isWhole ? { peers: 0, origin: 0, cache: bytes } : row
      setText(words, sourceWords(sources))
      for (const [i, kind] of KINDS.entries())
        parts[i]!.style.width = `${(sources[kind] / Math.max(bytes, told)) * 100}%`
      verified.classList.toggle('whole', isWhole)
      setText(verified, isWhole ? '✓' : row.verified === 0 ? '–' : formatPercent(row.verified / bytes))
    },
  }
}
