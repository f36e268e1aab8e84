/**
 * Takes pictures of the share page in each of its states and failures, in light, in dark and on a phone; some in forced colours and in Firefox too:
 *
 *   npm run build && npm run screenshots -- FOLDER [SCENE…]
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { argv } from 'node:process'
import type { Browser } from 'puppeteer-core'
import type { BrowserName } from '../../support/browsers.ts'
import { launchBrowser } from './browser.ts'
import { FIREFOX_LOOKS, FORCED, LOOKS, picture } from './picture.ts'
import { Scope } from './scope.ts'
import { visit, type VisitOptions, startSharePage } from './share-page.ts'
import { FIREFOX_SCENES, SCENES } from './share-scenes.ts'
import type { Stage } from './share-stage.ts'

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
let failures = 0
try {
  const { address } = await startSharePage(scope)
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
      for (const look of looks) await picture(page, join(folder, name), look, isFirefox)
    },
  }
}
