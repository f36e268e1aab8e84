/** Closed at first: what is in it is fetched when somebody opens it. */
import { el } from '../dom.ts'
import { once } from '../once.ts'
import { language } from '../page-language.ts'
import type { Torrent } from '../shoal.min.js'
import type { DetailsView } from './details-view.ts'
import { rates } from './rates.ts'

export interface ConnectionPanel {
  readonly element: HTMLElement
  update(now: number): void
}

/** @param diagnostics their text */
export function connectionPanel(torrent: Torrent, diagnostics: () => Promise<string>): ConnectionPanel {
  const element = el('details', { className: 'panel' }, el('summary', { textContent: language.say('details') }))
  const kept = rates()
  let view: DetailsView | undefined
  element.ontoggle = once(async () => {
    const { detailsView } = await import('./details-view.ts')
    view = detailsView(torrent, kept, diagnostics)
    element.append(view.element)
    view.update(performance.now())
  })
  return {
    element,
    update(now) {
      const { downloadBytesPerSecond, uploadBytesPerSecond } = torrent.stats
      kept.note(now, downloadBytesPerSecond, uploadBytesPerSecond)
      if (element.open) view?.update(now)
    },
  }
}
