/** Pages of the test site that have `globalThis.diaryOf` beside the kit. */
import type { Page } from 'puppeteer-core'
import { loadKit } from './browser.ts'

/** For `startSite`. */
export const DIARY_MODULES: Readonly<Record<string, string>> = { '/diary.js': 'test/e2e/support/page/diary.ts' }

/** Gives a page of such a site its diary. */
export async function withDiary(page: Page): Promise<Page> {
  await page.addScriptTag({ type: 'module', url: '/diary.js' })
  await page.waitForFunction(() => globalThis.diaryOf !== undefined)
  return page
}

/** Loads the page anew, as a person who presses reload: nothing is closed before. */
export async function reload(page: Page): Promise<Page> {
  await loadKit(page, page.url())
  return withDiary(page)
}
