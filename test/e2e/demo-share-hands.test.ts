/** The share page and what its device offers: the keyboard, other apps to hand a link to, notifications, a screen that stays on. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  chooseFiles,
  click,
  download,
  inState,
  linkOf,
  problem,
  says,
  shareOpenly,
  visit,
  WAIT,
  startSharePage,
} from './support/share-page.ts'

const scope = fileScope()
let browser: Browser
let address = ''

before(async () => {
  browser = await launchBrowser(scope, 'chromium', { hasWindows: true })
  address = (await startSharePage(scope)).address
})

async function fileOf(t: Lifetime, name: string, length: number): Promise<string> {
  const path = join(await scratchFolder(t), name)
  await writeFile(path, payloadBytes(name.length, 0, length))
  return path
}

/** What has the focus: its words, and how wide the line around it is, in CSS pixels. */
function focused(page: Page): Promise<{ words: string; outline: number }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const label = (element as HTMLInputElement).labels?.[0]?.textContent
    const words = label ?? element.getAttribute('aria-label') ?? element.textContent ?? ''
    return { words: words.trim(), outline: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth) }
  })
}

/** Tab by tab, until what has the focus is called so; everything on the way shows that it has it. @returns what was passed, and it */
async function tabTo(page: Page, words: string | RegExp): Promise<string[]> {
  const way: string[] = []
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab')
    const { words: found, outline } = await focused(page)
    assert.ok(outline >= 2, `${found} does not show that it has the focus`)
    way.push(found)
    if (found.match(words)) return way
  }
  throw new Error(`There is no ${words}: ${way.join(', ')}`)
}

describe('by the keyboard', () => {
  it('the first page is gone through in the order of its lines, and its options are set', async t => {
    const page = await visit(t, address, { of: browser })
    await page.waitForSelector('main > *')
    const way = await tabTo(page, 'Options')
    assert.deepEqual(way, ['Shoal', 'Choose files', 'Choose folder', 'What this protects', 'Options'])
    await page.keyboard.press('Enter')
    await tabTo(page, /^Password/)
    await page.keyboard.type('secret')
    await tabTo(page, /^Open to other/)
    await page.keyboard.press('Space')
    assert.equal(await page.$eval('#open', box => (box as HTMLInputElement).checked), true)
    assert.equal(await page.$eval('#new-password', input => (input as HTMLInputElement).disabled), true)
  })

  it('files are sent, chosen, received, looked at and left, with the focus at what comes next', async t => {
    const sender = await visit(t, address, { of: browser })
    await chooseFiles(sender, [await fileOf(t, 'letter.txt', 500), await fileOf(t, 'large.bin', 30_000_000)])
    const link = await linkOf(sender)
    assert.deepEqual((await tabTo(sender, 'QR code')).slice(-3), ['Link to these files', 'Copy link', 'QR code'])
    await sender.keyboard.press('Space')
    await sender.waitForSelector('.qr svg', WAIT)

    const page = await visit(t, link, { of: browser })
    await inState(page, 'ready')
    await page.waitForFunction(() => document.activeElement?.tagName === 'H2', WAIT)
    await page.waitForSelector('.tree', WAIT)
    await tabTo(page, /^Download/)
    assert.deepEqual(await tabTo(page, 'Cancel'), ['Cancel'])
    await page.keyboard.down('Shift')
    await page.keyboard.press('Tab')
    await page.keyboard.up('Shift')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.tagName === 'H2', WAIT)
    await tabTo(page, /^Preview .*letter\.txt$/)
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.textContent === 'Close the preview', WAIT)
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => !document.querySelector('iframe.preview'), WAIT)
    assert.match((await focused(page)).words, /^Preview .*letter\.txt$/)
    await inState(page, 'seeding')

    await click(sender, 'Stop sharing')
    await sender.waitForFunction(() => document.activeElement?.tagName === 'H2', WAIT)
    await tabTo(sender, 'Send files')
    await sender.keyboard.press('Enter')
    await sender.waitForSelector('.zone', WAIT)
    assert.match((await focused(sender)).words, /^Send files straight/)
  })
})

describe('what a private link protects', () => {
  it('is told in the language of the page', async t => {
    const page = await visit(t, `${address}privacy.html`, { of: browser })
    await says(page, 'main > :not([hidden]) h2', /^What a private link protects$/)
    const german = (): void => void Object.defineProperty(navigator, 'languages', { value: ['de-CH', 'en'] })
    const other = await visit(t, `${address}privacy.html`, { of: browser, before: german })
    await says(other, 'main > :not([hidden]) h2', /^Was ein privater Link schützt$/)
    assert.equal(await other.title(), 'Shoal – Was ein privater Link schützt')
    assert.equal(await other.$eval('html', html => html.lang), 'de')
    assert.equal((await other.$$('main > :not([hidden])')).length, 1)
  })
})

describe('the device', () => {
  it('is handed the link with its name, where it can take it, and is not offered it elsewhere', async t => {
    const path = await fileOf(t, 'handed.bin', 1000)
    const isThere = (page: Page): Promise<boolean> =>
      page.$$eval('.links button', buttons =>
        buttons.some(({ textContent, hidden }) => textContent === 'Share' && !hidden),
      )
    const without = await visit(t, address, {
      of: browser,
      before: () => void Reflect.deleteProperty(Navigator.prototype, 'share'),
    })
    await chooseFiles(without, [path])
    await linkOf(without)
    assert.equal(await isThere(without), false)

    const page = await visit(t, address, {
      of: browser,
      before: () => void Object.assign(navigator, { share: async (data: unknown) => Object.assign(window, { data }) }),
    })
    await chooseFiles(page, [path])
    const url = await linkOf(page)
    assert.equal(await isThere(page), true)
    await click(page, 'Share')
    const data = await page.evaluate(() => (window as unknown as { data: unknown }).data)
    assert.deepEqual(data, { title: 'handed.bin', url })
  })

  it('tells a person who looks elsewhere that somebody came, if they asked for that', async t => {
    const context = await browser.createBrowserContext()
    t.after(() => (browser.connected ? context.close() : undefined))
    await context.overridePermissions(new URL(address).origin, ['notifications'])
    const path = await fileOf(t, 'awaited.bin', 1000)
    const send = async (): Promise<{ sender: Page; link: string }> => {
      const sender = await visit(t, address, { of: browser })
      // Whoever sends the same files openly has the same link.
      await shareOpenly(sender)
      await chooseFiles(sender, [path])
      return { sender, link: await linkOf(sender) }
    }
    const { sender, link } = await send()
    await sender.close({ runBeforeUnload: false })
    const page = await visit(t, link, { of: context })
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await problem(page, 'nobody')
    await click(page, 'Tell me when somebody comes')
    await says(page, '.problem .actions', /You will be told\./)
    // Another tab is in front from now.
    await (await context.newPage()).bringToFront()
    await page.waitForFunction(() => document.hidden, { ...WAIT, polling: 100 })
    await send()
    const told = await page.waitForFunction(
      async () => {
        const registration = await navigator.serviceWorker.ready
        const bodies = (await registration.getNotifications()).map(({ body }) => body)
        return bodies.length > 0 && bodies
      },
      { ...WAIT, polling: 100 },
    )
    assert.deepEqual(await told.jsonValue(), ['Somebody with the files is there.'])
  })

  it('keeps its screen on while something moves, and again after it was looked away from', async t => {
    const sender = await visit(t, address, { of: browser })
    await chooseFiles(sender, [await fileOf(t, 'awake.bin', 80_000_000)])
    const link = await linkOf(sender)
    const context = await browser.createBrowserContext()
    t.after(() => (browser.connected ? context.close() : undefined))
    const page = await visit(t, link, {
      of: context,
      before: () => {
        const locks: WakeLockSentinel[] = []
        const request = navigator.wakeLock.request.bind(navigator.wakeLock)
        navigator.wakeLock.request = async kind => {
          const lock = await request(kind)
          locks.push(lock)
          return lock
        }
        Object.assign(window, { locks })
      },
    })
    const held = (): Promise<boolean[]> =>
      page.evaluate(() => (window as unknown as { locks: WakeLockSentinel[] }).locks.map(({ released }) => !released))
    await inState(page, 'ready')
    assert.deepEqual(await held(), [])
    await download(page)
    await page.waitForFunction(() => (window as unknown as { locks: unknown[] }).locks.length === 1, WAIT)
    await (await context.newPage()).bringToFront()
    await page.waitForFunction(() => document.hidden, { ...WAIT, polling: 100 })
    assert.deepEqual(await held(), [false])
    await page.bringToFront()
    await page.waitForFunction(() => (window as unknown as { locks: unknown[] }).locks.length === 2, WAIT)
    await inState(page, 'seeding')
    await page.waitForFunction(
      () => (window as unknown as { locks: WakeLockSentinel[] }).locks.every(({ released }) => released),
      WAIT,
    )
  })
})
