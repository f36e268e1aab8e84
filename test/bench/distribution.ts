/** One seed and its leeches in real pages, each behind a line of its own. */
import type { Page } from 'puppeteer-core'
import { type NetworkConditions, shapeNetwork } from '../e2e/support/network.ts'
import type { PayloadOptions } from '../e2e/support/page/kit.ts'
import { type Ground, withVisitors } from './bench.ts'
import { type SeedingOptions, shoal } from './contenders.ts'

export interface Distribution extends SeedingOptions {
  readonly payload: PayloadOptions
  /** Undefined: as fast as the machine. */
  readonly seed: NetworkConditions | undefined
  /** Of those who add the torrent together. */
  readonly leeches: readonly (NetworkConditions | undefined)[]
}

export interface Distributed {
  /** From `add()` to done, a leech each, in ms. */
  readonly completionsMs: readonly number[]
  /** From the wish for a connection until it can be used, in ms and in ascending order. */
  readonly setUpsMs: readonly number[]
}

/** Seeds in one page and downloads in the others. */
export async function distribute(ground: Ground, distribution: Distribution): Promise<Distributed> {
  const { payload, seed, leeches, ...options } = distribution
  const lines = [seed, ...leeches]
  return withVisitors(ground, lines.length, async pages => {
    await Promise.all(pages.map((page, i) => prepare(page, lines[i])))
    const [seeder, ...others] = pages
    const { magnet } = await shoal.seed(seeder!, payload, ground.trackerUrl, options)
    const downloads = await Promise.all(others.map(page => shoal.download(page, magnet, payload)))
    const setUps = await Promise.all(pages.map(page => page.evaluate(() => globalThis.setUpsMs ?? [])))
    return { completionsMs: downloads.map(({ doneMs }) => doneMs), setUpsMs: setUps.flat().sort((a, b) => a - b) }
  })
}

/** Loads all that a page needs before it is put behind its line, which would make some of them late. */
async function prepare(page: Page, line: NetworkConditions | undefined): Promise<void> {
  await page.addScriptTag({ type: 'module', url: '/set-up.js' })
  await page.waitForFunction(() => globalThis.setUpsMs !== undefined)
  await page.evaluate(async () => void (await kit.shoal()))
  if (line !== undefined) await shapeNetwork(page, line)
}
