/** Pages that save and show files, in a browser whose downloads can be looked at. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import type { BrowserName } from '../../support/browsers.ts'
import { launchBrowser, openTab } from './browser.ts'
import { scratchFolder } from './cli.ts'
import type { Lifetime } from './scope.ts'
import { type Site, type SiteOptions, startSite } from './site.ts'

const WAIT_MS = 20_000

/** A page that the files' worker controls, so that it may ask for whatever it likes. */
const WITHIN = '<!doctype html><title>Within the scope</title><script>globalThis.__name = value => value</script>'

export function startSavingSite(lifetime: Lifetime, options: SiteOptions = {}): Promise<Site> {
  return startSite(lifetime, {
    ...options,
    modules: { '/saving.js': 'test/e2e/support/page/saving.ts' },
    answer({ url }, response) {
      const script = url === '/files/worker.js' ? readFileSync('dist/shoal-urls-sw.js') : undefined
      if (script === undefined && url !== '/files/within.html') return false
      response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript')
      response.end(script ?? WITHIN)
      return true
    },
  })
}

/** A browser that saves without asking, and the folder where it does. */
export async function launchSavingBrowser(
  lifetime: Lifetime,
  name: BrowserName,
): Promise<{ browser: Browser; downloads: string }> {
  const downloads = await scratchFolder(lifetime)
  const browser = await launchBrowser(lifetime, name, {
    // Its downloads and its viewer of PDFs are those that people have.
    hasWindows: true,
    preferences: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.useDownloadDir': true,
      'browser.download.alwaysOpenPanel': false,
    },
  })
  if (name === 'chromium') {
    const session = await browser.target().createCDPSession()
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads })
  }
  return { browser, downloads }
}

export async function openSavingPage(browser: Browser, site: Site): Promise<Page> {
  const page = await openTab(browser.defaultBrowserContext(), site.url)
  await page.evaluate(() => import(new URL('/saving.js', location.href).href))
  return page
}

/** Where this visitor's downloads go. */
export async function downloadsOf(page: Page, folder: string): Promise<void> {
  const session = await page.createCDPSession()
  await session.send('Browser.setDownloadBehavior', {
    behavior: 'allow',
    downloadPath: folder,
    ...(page.browserContext().id !== undefined && { browserContextId: page.browserContext().id! }),
  })
}

/**
 * Stands in for the folder picker, which no script can operate: the folder chosen is a real one, of the page's
 * private file system.
 */
export function chooseFolderByScript(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() })
  })
}

/** Every file of the page's private file system: path → SHA-256 in hex. */
export function savedFiles(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const found: Record<string, string> = {}
    const pending: [string, FileSystemDirectoryHandle][] = [['', await navigator.storage.getDirectory()]]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for await (const [name, handle] of next[1].entries()) {
        const path = next[0] + name
        if (handle.kind === 'directory') {
          pending.push([`${path}/`, handle as FileSystemDirectoryHandle])
          continue
        }
        const file = await (handle as FileSystemFileHandle).getFile()
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
        found[path] = [...digest].map(byte => byte.toString(16).padStart(2, '0')).join('')
      }
    }
    return found
  })
}

/** The file of this name, once it has that length. */
export async function downloaded(folder: string, name: string, lengthBytes: number): Promise<Buffer> {
  await untilSizes(folder, sizes => sizes[name] === lengthBytes)
  return readFile(join(folder, name))
}

/** Bytes of what is in the folder, by name. */
export async function sizesIn(folder: string): Promise<Record<string, number>> {
  const names = await readdir(folder)
  // A name may change meanwhile.
  const sizes = await Promise.all(
    names.map(name =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => -1,
      ),
    ),
  )
  return Object.fromEntries(names.map((name, index) => [name, sizes[index]!]))
}

/** Waits until what is in the folder is as it should be. */
export async function untilSizes(folder: string, isRight: (sizes: Record<string, number>) => boolean): Promise<void> {
  const until = Date.now() + WAIT_MS
  for (;;) {
    const sizes = await sizesIn(folder)
    if (isRight(sizes)) return
    if (Date.now() > until) throw new Error(`There is ${JSON.stringify(sizes)}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
