/**
 * Takes pictures of the share page in each of its states and failures, in light, in dark and on a phone; some in forced colours and in Firefox too:
 *
 *   npm run build && npm run screenshots -- FOLDER [SCENE…]
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { argv } from 'node:process'
import type { Browser, CDPSession, Page } from 'puppeteer-core'
import type { BrowserName } from '../../support/browsers.ts'
import { launchBrowser } from './browser.ts'
import { startCli } from './cli.ts'
import { Scope } from './scope.ts'
import { visit, type VisitOptions } from './share-page.ts'
import { FIREFOX_SCENES, SCENES } from './share-scenes.ts'
import type { Stage } from './share-stage.ts'

interface Look {
  readonly name: string
  readonly width: number
  readonly scheme: 'light' | 'dark'
  readonly isForced?: boolean
}

const LOOKS: readonly Look[] = [
  { name: 'light', scheme: 'light', width: 1000 },
  { name: 'dark', scheme: 'dark', width: 1000 },
  { name: 'phone', scheme: 'light', width: 360 },
]
const FORCED: Look = { name: 'forced', scheme: 'dark', width: 1000, isForced: true }
/** Firefox takes no other colours from outside. */
const FIREFOX_LOOKS: readonly Look[] = [
  { name: 'firefox', scheme: 'light', width: 1000 },
  { name: 'firefox-phone', scheme: 'light', width: 360 },
]
/** Waiting takes most of the time. */
const SCENES_AT_ONCE = 3

const [, , given, ...wanted] = argv
if (given === undefined) throw new Error('Say into which folder.')
const folder = resolve(given)
await mkdir(folder, { recursive: true })
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name)
const queue = [
  ...Object.entries(SCENES).map(([name, play]) => ({ name, play, browser: 'chromium' as BrowserName })),
  ...Object.entries(FIREFOX_SCENES).map(([name, play]) => ({ name, play, browser: 'firefox' as BrowserName })),
].filter(({ name }) => isWanted(name))
const scope = new Scope()
const browsers = new Map<BrowserName, Promise<Browser>>()
const sessions = new WeakMap<Page, Promise<CDPSession>>()
let failures = 0
try {
  const address = await startCli(scope, ['serve', '--port', '0']).printed(/share page on (http:\/\/\S+)/)
  await Promise.all(Array.from({ length: SCENES_AT_ONCE }, () => work(address)))
} finally {
  await scope.close()
}
process.exitCode = failures === 0 ? 0 : 1

async function work(address: string): Promise<void> {
  for (let scene = queue.shift(); scene !== undefined; scene = queue.shift()) {
    const { name, browser, play } = scene
    const own = new Scope()
    try {
      if (!browsers.has(browser)) browsers.set(browser, launchBrowser(scope, browser, { hasWindows: true }))
      await play(stage(own, address, (await browsers.get(browser))!, browser === 'firefox'))
    } catch (error) {
      // The other scenes do not depend on it.
      failures += 1
      console.error(`${name}: ${error instanceof Error ? error.stack : String(error)}`)
    } finally {
      await own.close().catch(error => console.error(name, error))
    }
  }
}

function stage(lifetime: Scope, address: string, of: Browser, isFirefox: boolean): Stage {
  return {
    lifetime,
    address,
    of,
    open: (url, options: Partial<VisitOptions> = {}) =>
      visit(lifetime, url, { of, allowed: /./, viewport: { width: 1000, height: 700 }, ...options }),
    async shoot(page, name, { isForced = false } = {}) {
      const looks = isFirefox ? FIREFOX_LOOKS : isForced ? [...LOOKS, FORCED] : LOOKS
      for (const look of looks) await picture(page, `${name}-${look.name}`, look, isFirefox)
    },
  }
}

async function picture(page: Page, name: string, look: Look, isFirefox: boolean): Promise<void> {
  if (!isFirefox) {
    const session = await sessionOf(page)
    const features = [
      { name: 'prefers-color-scheme', value: look.scheme },
      { name: 'forced-colors', value: look.isForced ? 'active' : 'none' },
    ]
    await session.send('Emulation.setEmulatedMedia', { features })
  }
  await page.setViewport({ width: look.width, height: 700 })
  if (!isFirefox) {
    // A viewport with touch would load the page anew.
    const session = await sessionOf(page)
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: look.width < 500 })
  }
  // Drawn anew at the page's next look at its figures.
  if ((await page.$('.details')) !== null) await new Promise(resolve => setTimeout(resolve, 400))
  await page.screenshot({ path: join(folder, `${name}.png`) as `${string}.png`, fullPage: true })
}

/** What it emulates ends with it. */
function sessionOf(page: Page): Promise<CDPSession> {
  const session = sessions.get(page) ?? page.createCDPSession()
  sessions.set(page, session)
  return session
}
