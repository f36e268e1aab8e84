/** A small badge in a corner of the page, where the owner asks for it: how much came from other visitors. In a shadow tree, so that page and badge have no styles in common. */
import type { SiteStats } from './stats.ts'

const STYLE = `
:host { all: initial; position: fixed; right: 8px; bottom: 8px; z-index: 2147483647; pointer-events: none }
div { font: 12px/1 system-ui, sans-serif; padding: 6px 10px; border-radius: 999px; background: Canvas; color: CanvasText; color-scheme: light dark; border: 1px solid GrayText }
`

let label: HTMLElement | undefined

/** Puts the badge there, or changes what it says. */
export function showBadge({ peers, origin }: SiteStats): void {
  const bytes = peers + origin
  const text = `${bytes === 0 ? 0 : Math.round((100 * peers) / bytes)} % from visitors`
  label ??= createBadge()
  if (label.textContent !== text) label.textContent = text
}

function createBadge(): HTMLElement {
  const host = document.createElement('shoal-badge')
  const root = host.attachShadow({ mode: 'open' })
  // A sheet that a script makes needs no leave of the page's policy, unlike a style element.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(STYLE)
  root.adoptedStyleSheets = [sheet]
  const text = document.createElement('div')
  root.append(text)
  document.body.append(host)
  return text
}
