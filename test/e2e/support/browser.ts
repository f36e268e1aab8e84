/** Launches real browsers and opens pages in them that share nothing. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, launch, type Page } from 'puppeteer-core'
import { type BrowserName, browserPath, CHROMIUM_ARGS, chromiumShellPath } from '../../support/browsers.ts'
import { deleteProfile, FIREFOX_PREFERENCES, freshProfile } from './firefox-profile.ts'
import type { Lifetime } from './scope.ts'

export interface LaunchOptions {
  /** Folder of a profile that outlives the browser; without one a fresh profile goes with it. See `profileFolder`. */
  readonly profile?: string
  /** Chromium with its windows, tabs in front of and behind others, settings and cache of pages gone by, which its shell has not. @default false */
  readonly hasWindows?: boolean
  /** More command-line flags. */
  readonly args?: readonly string[]
  /** Firefox's, as `about:config` has them. */
  readonly preferences?: Readonly<Record<string, unknown>>
}

/** puppeteer switches off what browsers do to hidden tabs; tests want browsers as people have them. */
const PUPPETEER_FLAGS_NOT_WANTED = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
]

/** How long one command to a browser may take; hashing gigabytes in a page is one command. */
const PROTOCOL_TIMEOUT_MS = 900_000

export async function launchBrowser(
  lifetime: Lifetime,
  name: BrowserName,
  options: LaunchOptions = {},
): Promise<Browser> {
  const isChromium = name === 'chromium'
  const shell = isChromium && !options.hasWindows ? chromiumShellPath() : undefined
  const ownProfile = isChromium || options.profile !== undefined ? undefined : await freshProfile()
  const profile = options.profile ?? ownProfile
  const browser = await launch({
    browser: isChromium ? 'chrome' : 'firefox',
    executablePath: shell ?? browserPath(name),
    headless: shell === undefined ? true : 'shell',
    // Through a pipe Chromium ends with the process that launched it, however that ends.
    pipe: isChromium,
    protocolTimeout: PROTOCOL_TIMEOUT_MS,
    args: [...(isChromium ? CHROMIUM_ARGS : []), ...(options.args ?? [])],
    ...(isChromium && { ignoreDefaultArgs: PUPPETEER_FLAGS_NOT_WANTED }),
    ...(!isChromium && { extraPrefsFirefox: { ...FIREFOX_PREFERENCES, ...options.preferences } }),
    ...(profile !== undefined && { userDataDir: profile }),
  })
  lifetime.after(async () => {
    await browser.close()
    if (ownProfile !== undefined) await deleteProfile(ownProfile)
  })
  return browser
}

/** A folder for a profile that is used by several launches in turn. */
export async function profileFolder(lifetime: Lifetime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-profile-'))
  lifetime.after(() => deleteProfile(folder))
  return folder
}

/** A page with storage and caches of its own: another visitor. */
export async function openVisitor(lifetime: Lifetime, browser: Browser, url: string): Promise<Page> {
  const context = await browser.createBrowserContext()
  // node:test cleans up first to last: the browser may be gone already, and its contexts with it.
  lifetime.after(async () => {
    if (browser.connected && browser.browserContexts().includes(context)) await context.close()
  })
  return openTab(context, url)
}

/** Another tab of the same visitor, in front of the former ones. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', error =>
    console.error(`[page] ${error instanceof Error ? (error.stack ?? error.message) : error}`),
  )
  if (process.env.SHOAL_TEST_VERBOSE) page.on('console', message => console.log(`[page] ${message.text()}`))
  await loadKit(page, url)
  return page
}

/** Goes to a page of the test site and waits until its kit is there. Works for reloads too. */
export async function loadKit(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.waitForFunction(() => globalThis.kit !== undefined)
}
