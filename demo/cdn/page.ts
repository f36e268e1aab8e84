/** The CDN page: a site whose assets its visitors serve, and beside it who served them. Everything goes through `window.shoal`. */
import type { SiteApi } from '../../src/site/page/tag.ts'
import { setText } from '../dom.ts'
import { assetTable } from './asset-table.ts'
import { ASSETS, type Asset, DRACO, FILM, PICTURES, SCENE, SHELL } from './assets.ts'
import { donut } from './donut.ts'
import { exhibits } from './exhibits.ts'
import { switches } from './switches.ts'
import { donutWords, statusWords } from './words.ts'

type Stats = Awaited<ReturnType<SiteApi['stats']>>

/** How long the first visit waits for its worker: what comes before it is plain HTTP. */
const WORKER_MS = 3_000
/** After so long it is said what an asset waits for. */
const WAITING_MS = 1_500
const TITLE = document.title
const WORKER_URL = new URL('shoal-sw.js', location.href).href

const find = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`)!
const dial = donut()
const table = assetTable(ASSETS)
const site = exhibits()
const desk = switches(find('origin-words'), update)
/** When each was asked for, and how long it took. */
const asked = new Map<Asset, number>()
const took = new Map<Asset, number>()
let stats: Stats | undefined

find('figures').append(dial.element)
find('switches').replaceWith(desk.element)
find('table').append(table.element)
find('exhibits').append(site.element)
update()
void run()

async function run(): Promise<void> {
  // Before the tag looks for a worker: the share page's, which the root of this host may have, would stand for the site's own.
  if (navigator.serviceWorker?.controller && !isControlled()) {
    await navigator.serviceWorker.register(WORKER_URL, { updateViaCache: 'none' }).catch(() => undefined)
  }
  const shoal = await ready()
  shoal?.addEventListener('stats', (event: CustomEvent<Stats>) => {
    stats = event.detail
    update()
  })
  stats = await shoal?.stats().catch(() => undefined)
  await controlled()
  site.offerFilm()
  for (const picture of PICTURES) await bring(picture).then(() => site.showPicture(picture.name))
  await bring(FILM).then(site.showFilm)
  for (const part of [SCENE, DRACO, SHELL]) await bring(part)
  await site.showScene()
  stats = (await shoal?.stats().catch(() => undefined)) ?? stats
  update()

  /** Into this browser's store, from visitors as far as they have it; where that cannot be, by plain HTTP. */
  async function bring(asset: Asset): Promise<void> {
    const startedAt = performance.now()
    asked.set(asset, startedAt)
    const timer = setTimeout(update, WAITING_MS)
    await shoal?.prefetch(asset.url).catch(() => undefined)
    clearTimeout(timer)
    took.set(asset, performance.now() - startedAt)
    update()
  }
}

/** `window.shoal`, once the tag's script has run; undefined: it could not be loaded. */
async function ready(): Promise<SiteApi | undefined> {
  const holder = window as { shoal?: SiteApi }
  const tag = document.querySelector<HTMLScriptElement>('script[data-manifest]')
  if (!holder.shoal && tag)
    await new Promise(resolve => {
      tag.onload = tag.onerror = resolve
    })
  return holder.shoal
}

/** Whether the site's worker answers for this page. */
function isControlled(): boolean {
  return navigator.serviceWorker.controller?.scriptURL === WORKER_URL
}

/** Resolves when the worker answers for this page, or after a while. */
async function controlled(): Promise<void> {
  const { serviceWorker } = navigator
  if (!serviceWorker || isControlled()) return
  await new Promise(resolve => {
    serviceWorker.addEventListener('controllerchange', resolve, { once: true })
    setTimeout(resolve, WORKER_MS)
  })
}

function update(): void {
  const { peers = 0, origin = 0, cache = 0, uploaded = 0, connections = 0, isOn = true, files = [] } = stats ?? {}
  const sources = { peers, origin, cache }
  dial.update(sources, uploaded)
  for (const asset of ASSETS) {
    table.update(
      asset,
      files.find(({ url }) => url === asset.url),
      took.get(asset),
    )
  }
  const now = performance.now()
  const isWaiting = [...asked].some(([asset, at]) => !took.has(asset) && now - at >= WAITING_MS)
  const isWhole = took.size === ASSETS.length
  const situation = { ...sources, isOn, connections, isOriginOn: desk.isOriginOn, isWhole, isWaiting }
  setText(find('status'), statusWords(situation))
  document.title = peers + origin > 0 ? `${donutWords(sources)} – Shoal` : TITLE
}
