/** The figures beside the picture. */
import { figuresOf, quantile } from '../../test/sim/command/figures.ts'
import type { Member } from '../../test/sim/member.ts'
import type { World } from '../../test/sim/world.ts'
import { el, setText, show } from '../dom.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'

const SOURCES = ['seed', 'origin', 'leech'] as const
const SOURCE_NAMES = { seed: 'The seed', origin: 'The web server', leech: 'Visitors' } as const

export class FiguresView {
  readonly element: HTMLElement
  readonly #values = new Map<string, HTMLElement>()
  readonly #bars: Readonly<Record<(typeof SOURCES)[number], HTMLElement>>

  constructor() {
    const list = el('dl', { className: 'numbers' })
    for (const [name, label, hint] of [
      ['time', 'Time', 'since the first visitor came'],
      ['bound', 'Bound T*', 'no way of sharing can serve the last visitor sooner (Kumar and Ross, 2006)'],
      ['complete', 'Complete', 'visitors that have the whole file'],
      ['median', 'Median', 'half of the visitors have more than this'],
      ['offload', 'Offload', 'share of all bytes that visitors sent each other'],
      ['duplicates', 'Duplicates', 'bytes that came twice'],
      ['bans', 'Bans', 'how often a visitor found a polluter out'],
    ] as const) {
      const value = el('dd')
      this.#values.set(name, value)
      list.append(el('div', { title: hint }, el('dt', { textContent: label }), value))
    }
    this.#bars = {
      seed: el('div', { className: 'seed' }),
      origin: el('div', { className: 'origin' }),
      leech: el('div', { className: 'leech' }),
    }
    const sources = el('ul', { className: 'sources' })
    for (const source of SOURCES) {
      const value = el('b')
      this.#values.set(source, value)
      sources.append(el('li', { className: source }, `${SOURCE_NAMES[source]} `, value))
    }
    const bar = el('div', { className: 'bar', attributes: { 'aria-hidden': 'true' } }, ...Object.values(this.#bars))
    this.element = el(
      'div',
      { className: 'figures' },
      list,
      el('h3', { textContent: 'Who sent the bytes' }),
      bar,
      sources,
    )
  }

  update(world: World): void {
    const figures = figuresOf(world)
    const { leeches, completionsMs, fromSeedsBytes, fromPeersBytes, fromOriginBytes } = figures
    const progress = world.leeches.map(leech => leech.disk.count / world.torrent.pieceCount).sort((a, b) => a - b)
    this.#set('time', formatSeconds(world.timeline.now))
    this.#set('complete', `${completionsMs.length} of ${leeches}`)
    this.#set('median', formatPercent(quantile(progress, 0.5)))
    this.#set('bound', formatSeconds(figures.boundMs))
    // Before the end nobody knows which bytes were for nothing.
    this.#set('duplicates', world.isComplete ? formatBytes(figures.duplicateBytes) : '–')
    this.#set('bans', `${figures.bans} for ${formatBytes(figures.forgedBytes)} of forged data`)
    this.#showWith(
      'bans',
      world.members.some(member => member.isHostile),
    )
    const sent = { seed: fromSeedsBytes, origin: fromOriginBytes, leech: fromPeersBytes }
    const total = Math.max(1, fromSeedsBytes + fromOriginBytes + fromPeersBytes)
    this.#set('offload', formatPercent(fromPeersBytes / total))
    this.#showWith('origin', world.origins.size > 0)
    for (const source of SOURCES) {
      this.#set(source, formatBytes(sent[source]))
      this.#bars[source].style.flexGrow = String(sent[source] / total)
    }
  }

  /** The picture in a sentence, for those who do not see it. */
  describe(world: World): string {
    const value = (name: string) => this.#values.get(name)?.textContent ?? ''
    return (
      `A swarm of ${world.leeches.length} visitors after ${value('time')}: ${value('complete')} have the whole file, ` +
      `median progress ${value('median')}; visitors sent ${value('leech')}.`
    )
  }

  /** One member in a line. */
  describeMember({ ledger, torrent }: World, member: Member): string {
    const { toPeersBytes, fromPeersBytes, fromOriginBytes } = ledger.of(member)
    const connections = member.life?.ends.size ?? 0
    return [
      member.isHostile ? `${member.name}, a polluter` : member.name,
      formatPercent(member.disk.count / torrent.pieceCount),
      `${(member.access.line.uploadBytesPerSecond / 125_000).toFixed(1)} Mbit/s up`,
      member.life === undefined ? 'away' : formatCount(connections, 'connection'),
      `sent ${formatBytes(toPeersBytes)}`,
      `received ${formatBytes(fromPeersBytes + fromOriginBytes)}`,
    ].join(' · ')
  }

  #showWith(name: string, isShown: boolean): void {
    const row = this.#values.get(name)?.parentElement
    if (row) show(row, isShown)
  }

  #set(name: string, text: string): void {
    const element = this.#values.get(name)
    if (element !== undefined) setText(element, text)
  }
}

function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toLocaleString(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s`
}
