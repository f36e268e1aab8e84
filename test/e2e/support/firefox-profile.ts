/**
 * Firefox takes seconds of the processor to furnish an empty profile. Where many are launched, one is furnished first, by this script, and the others begin
 * with a copy of it: `SHOAL_FIREFOX_PROFILE` is its folder.
 *
 *     node --import tsx test/e2e/support/firefox-profile.ts FOLDER
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { launch } from 'puppeteer-core'
import { browserPath } from '../../support/browsers.ts'

/** Without what Firefox does for itself: no page can tell. */
export const FIREFOX_PREFERENCES = {
  // Add-ons that come with the system.
  'extensions.enabledScopes': 0,
  'services.settings.server': 'data:,none',
  'browser.newtabpage.enabled': false,
  'browser.ml.enable': false,
}

/** What tells Firefox that the folder is in use. */
const LOCKS = new Set(['lock', '.parentlock'])

/** A profile that nobody has used, which is the caller's to delete. */
export async function freshProfile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-firefox-'))
  const furnished = process.env.SHOAL_FIREFOX_PROFILE
  if (furnished) await cp(furnished, folder, { recursive: true, filter: path => !LOCKS.has(basename(path)) })
  return folder
}

export async function deleteProfile(folder: string): Promise<void> {
  // Firefox writes for a moment after its end.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

if (import.meta.filename === resolve(process.argv[1] ?? '')) {
  const browser = await launch({
    browser: 'firefox',
    executablePath: browserPath('firefox'),
    headless: true,
    extraPrefsFirefox: FIREFOX_PREFERENCES,
    userDataDir: process.argv[2]!,
  })
  const page = await browser.newPage()
  await page.goto('data:text/html,<title>Furnished</title>')
  await browser.close()
}
