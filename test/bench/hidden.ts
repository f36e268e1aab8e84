/** 64 MiB between tabs that nobody looks at, beside tabs in front. Line 9 of the goals. */
import type { Page } from 'puppeteer-core'
import { openTab } from '../e2e/support/browser.ts'
import { type Bench, type Ground, interleave, MIB, withVisitors } from './bench.ts'
import { shoal } from './contenders.ts'
import { pairedRatio } from './statistics.ts'

const LENGTH = 64 * MIB

export const hidden: Bench = {
  name: 'hidden',
  title: '64 MiB between hidden tabs',
  secondsPerRun: 15,
  async run(ground) {
    let seed = 2000
    const { front, back } = await interleave(ground, {
      front: () => rate(ground, seed++, false),
      back: () => rate(ground, seed++, true),
    })
    return [
      { what: '64 MiB, Shoal, both tabs in front', values: front!, unit: 'MB/s' },
      {
        what: '64 MiB, Shoal, both tabs hidden',
        values: back!,
        unit: 'MB/s',
        ratio: { to: 'in front', values: pairedRatio(back!, front!), goal: { atLeast: 0.8 } },
      },
    ]
  },
}

async function rate(ground: Ground, seed: number, isHidden: boolean): Promise<number> {
  return withVisitors(ground, 2, async pages => {
    const [seeder, leech] = pages as [Page, Page]
    const payload = { seed, length: LENGTH }
    const { magnet } = await shoal.seed(seeder, payload, ground.trackerUrl)
    if (isHidden) await Promise.all(pages.map(page => hide(ground, page)))
    const { doneMs } = await shoal.download(leech, magnet, payload)
    return LENGTH / doneMs / 1000
  })
}

/** Puts another tab of the same visitor in front, and makes sure that this is what happened. */
async function hide(ground: Ground, page: Page): Promise<void> {
  await openTab(page.browserContext(), ground.site.url)
  await page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50 })
}
