/** Persons at the share page: they choose, drop, click and wait as people do, in real browsers. */
import assert from 'node:assert/strict'
import type { Browser, BrowserContext, ElementHandle, Page } from 'puppeteer-core'
import { type RunningCli, startCli } from './cli.ts'
import type { Lifetime } from './scope.ts'

export const PHONE = { width: 360, height: 740 }
export const WAIT = { timeout: 60_000 }

/** What Firefox says by itself when somebody who was connected has gone. */
const GONE = /WebRTC: ICE failed/

export interface VisitOptions {
  /** Another person, or one who was here before (a context). */
  readonly of: Browser | BrowserContext
  /** What the page may complain of. @default nothing */
  readonly allowed?: RegExp
  /** Run in the page before its scripts. */
  readonly before?: () => void
  readonly viewport?: { readonly width: number; readonly height: number }
  /** A window of its own in Firefox too, where one that is in front hides no other. @default false */
  readonly hasWindow?: boolean
}

/** Starts `shoal serve` on a free port; at the latest with the test it ends. */
export async function startSharePage(lifetime: Lifetime): Promise<{ server: RunningCli; address: string }> {
  const server = startCli(lifetime, ['serve', '--port', '0'])
  return { server, address: await server.printed(/share page on (http:\/\/\S+)/) }
}

/** Opens a page; whatever it complains of fails the test. */
export async function visit(lifetime: Lifetime, url: string, options: VisitOptions): Promise<Page> {
  const { of, allowed, before, viewport = PHONE, hasWindow = false } = options
  const isNew = 'createBrowserContext' in of
  const context = isNew ? await of.createBrowserContext() : of
  if (isNew) lifetime.after(() => (of.connected ? context.close() : undefined))
  const page = await context.newPage(hasWindow ? { type: 'window' } : {})
  const complaints: string[] = []
  const complain = (text: string): void => {
    if (!allowed?.test(text) && !GONE.test(text)) complaints.push(text)
  }
  page.on('pageerror', error => complain(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') complain(message.text())
  })
  // Leaving while somebody downloads is asked about.
  page.on('dialog', dialog => void dialog.accept().catch(() => undefined))
  lifetime.after(() => assert.deepEqual(complaints, []))
  // esbuild (in tsx) wraps named functions in this; functions sent to the page refer to it.
  await page.evaluateOnNewDocument('globalThis.__name = value => value')
  if (before) await page.evaluateOnNewDocument(before)
  await page.setViewport(viewport)
  await page.goto(url)
  return page
}

/** Waits until the torrent is; where it does not become so, the error says what the page shows instead. */
export async function inState(page: Page, state: string, wait: typeof WAIT = WAIT): Promise<void> {
  await page.waitForSelector(`.torrent[data-state="${state}"]`, wait).catch(async cause => {
    const shown = (): unknown[] => [
      document.querySelector<HTMLElement>('.torrent')?.dataset.state,
      document.body.innerText,
    ]
    // A page that is gone shows nothing.
    const found = await page.evaluate(shown).catch(() => undefined)
    throw new Error(`The torrent is not ${state}, but ${JSON.stringify(found)}`, { cause })
  })
}

/** Waits until the bar is so full, 0 to 1. */
export function isAt(page: Page, progress: number): Promise<unknown> {
  return page.waitForFunction(progress => (document.querySelector('progress')?.value ?? 0) >= progress, WAIT, progress)
}

/** How much a page says that it has sent to others. Bytes, rounded as the page rounds them. */
export async function sentBytes(page: Page): Promise<number> {
  const words = await says(page, '.figures', /[kMG]B\ssent/)
  const [, amount, unit] = /([\d.]+)\s([kMG])B\ssent/.exec(words)!
  return Number(amount) * { k: 1e3, M: 1e6, G: 1e9 }[unit as 'k' | 'M' | 'G']
}

/** Waits until the page says that something went wrong, and returns the words of it. */
export async function problem(page: Page, kind: string): Promise<string> {
  const found = await page.waitForSelector(`.problem[data-kind="${kind}"]:not([hidden])`, WAIT)
  return found!.evaluate(element =>
    [...element.querySelectorAll('p')]
      .map(p => p.textContent)
      .join(' ')
      .trim(),
  )
}

/** What is said once it matches. */
export async function says(page: Page, selector: string, pattern: RegExp): Promise<string> {
  const said = page.waitForFunction(
    (selector, source) => new RegExp(source).test(document.querySelector(selector)?.textContent ?? ''),
    WAIT,
    selector,
    pattern.source,
  )
  await said.catch(async cause => {
    const words = await text(page, selector).catch(() => undefined)
    throw new Error(`${selector} says ${JSON.stringify(words)}, not ${pattern}`, { cause })
  })
  return text(page, selector)
}

export function text(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, element => element.textContent ?? '')
}

/** Clicks a button that can be seen and whose whole label matches; where it goes away just then, the one that comes in its place. */
export async function click(page: Page, label: string | RegExp): Promise<void> {
  const deadline = AbortSignal.timeout(WAIT.timeout)
  for (;;) {
    const button = await buttonOf(page, label)
    try {
      return await button.click()
    } catch (error) {
      if (deadline.aborted || !/not clickable|detached/.test(String(error))) throw error
    }
  }
}

/** The same by the keyboard: nothing that appears above the button meanwhile moves it away from under a pointer. */
export async function press(page: Page, label: string | RegExp): Promise<void> {
  await (await buttonOf(page, label)).press('Enter')
}

async function buttonOf(page: Page, label: string | RegExp): Promise<ElementHandle> {
  const source = typeof label === 'string' ? `^${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$` : label.source
  const handle = await page.waitForFunction(
    source =>
      [...document.querySelectorAll('button, summary')].find(
        element =>
          new RegExp(source).test(element.textContent?.trim() ?? '') &&
          element.getClientRects().length > 0 &&
          !(element as HTMLButtonElement).disabled,
      ),
    WAIT,
    source,
  )
  return handle as unknown as ElementHandle
}

/** Has everything downloaded that a link leads to. */
export async function download(page: Page): Promise<void> {
  await inState(page, 'ready')
  await click(page, /^Download /)
}

export async function chooseFiles(page: Page, paths: readonly string[]): Promise<void> {
  const input = (await page.waitForSelector('#choose-files')) as Awaited<ReturnType<typeof page.$<'input'>>>
  await input!.uploadFile(...paths)
}

/** What is chosen next is shared with other BitTorrent programs too, and not sealed. */
export async function shareOpenly(page: Page): Promise<void> {
  await (await page.waitForSelector('#open'))!.evaluate(box => (box as HTMLInputElement).click())
}

/** Drops paths of this machine on the page, as a file manager does. */
export async function drop(page: Page, paths: readonly string[]): Promise<void> {
  await page.waitForSelector('main > *')
  const session = await page.createCDPSession()
  const data = { items: [], files: [...paths], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 100, y: 300, data })
  }
}

/** The link of a page that seeds, once there is one. */
export async function linkOf(page: Page): Promise<string> {
  await page.waitForSelector('.links:not([hidden])', WAIT)
  return page.$eval('#link', input => (input as HTMLInputElement).value)
}

/** Reloads once this browser has kept what it shares. */
export async function reloadKept(page: Page): Promise<void> {
  await page.waitForSelector('.torrent[data-kept="true"]', WAIT)
  await page.reload()
}
