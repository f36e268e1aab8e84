/** Tabs that nobody looks at: another tab of the same window is in front, and the transfer goes on all the same. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { launchBrowser, openTab, openVisitor } from './support/browser.ts'
import { DIARY_MODULES, withDiary } from './support/diary-page.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSite } from './support/site.ts'
import { startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)
const site = startSite(scope, { modules: DIARY_MODULES })
const browser = launchBrowser(scope, 'chromium', { hasWindows: true })

const LENGTH = 48_000_000

async function visitor(t: Lifetime): Promise<Page> {
  return withDiary(await openVisitor(t, await browser, (await site).url))
}

/** Opens another tab of the same visitor in front, and makes sure that this is what happened. */
async function hide(page: Page): Promise<void> {
  await openTab(page.browserContext(), (await site).url)
  await page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50 })
}

async function seed(page: Page, payload: { seed: number; length: number }): Promise<string> {
  return page.evaluate(
    async ({ url, payload }) => {
      const { Shoal } = await kit.shoal()
      const torrent = new Shoal({ trackers: [url] }).seed([kit.payload(payload)])
      await diaryOf(torrent).within('ready', torrent.ready)
      return torrent.magnetURI
    },
    { url: (await tracker).url, payload },
  )
}

/** Begins a download; `finish` waits for its end. */
async function begin(page: Page, magnet: string): Promise<void> {
  await page.evaluate(async magnet => {
    const { Shoal } = await kit.shoal()
    const torrent = new Shoal().add(magnet)
    kit.kept.set('torrent', torrent)
    kit.kept.set('diary', diaryOf(torrent))
  }, magnet)
}

async function finish(
  page: Page,
  payload: { seed: number; length: number },
): Promise<{ isRight: boolean; story: string }> {
  return page.evaluate(async payload => {
    const torrent = kit.kept.get('torrent') as ReturnType<
      InstanceType<Awaited<ReturnType<typeof kit.shoal>>['Shoal']>['add']
    >
    const diary = kit.kept.get('diary') as ReturnType<typeof diaryOf>
    await diary.within('done', torrent.done, 150_000)
    const isRight = await kit.isPayload(await torrent.files[0]!.blob(), payload)
    return { isRight, story: `${document.visibilityState}: ${diary.describe()}` }
  }, payload)
}

async function isHidden(page: Page): Promise<boolean> {
  return page.evaluate(() => document.visibilityState === 'hidden')
}

describe('a hidden tab in Chromium', () => {
  for (const [i, [who, hidesSeed, hidesLeech]] of (
    [
      ['that receives', false, true],
      ['that seeds', true, false],
      ['at both ends', true, true],
    ] as const
  ).entries()) {
    it(`${who} completes the transfer`, { timeout: 240_000 }, async t => {
      const payload = { seed: 800 + i, length: LENGTH }
      const [seeder, leech] = [await visitor(t), await visitor(t)]
      const magnet = await seed(seeder, payload)
      if (hidesSeed) await hide(seeder)
      if (hidesLeech) await hide(leech)
      // Everything happens in the dark: trackers, connection, metadata, transfer.
      await begin(leech, magnet)
      const { isRight, story } = await finish(leech, payload)
      assert.ok(isRight, story)
      assert.deepEqual([await isHidden(seeder), await isHidden(leech)], [hidesSeed, hidesLeech], story)
    })
  }

  it('that is hidden in the middle goes on', { timeout: 240_000 }, async t => {
    const payload = { seed: 810, length: LENGTH }
    const [seeder, leech] = [await visitor(t), await visitor(t)]
    const magnet = await seed(seeder, payload)
    await begin(leech, magnet)
    await leech.waitForFunction(() => (kit.kept.get('torrent') as { progress: number }).progress > 0.1, { polling: 20 })
    await hide(leech)
    const { isRight, story } = await finish(leech, payload)
    assert.ok(isRight, story)
    assert.ok(await isHidden(leech))
  })
})
