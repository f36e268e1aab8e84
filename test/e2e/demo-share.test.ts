/** The share page in real browsers: files go in by hand in one, and come out the same in another. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes, payloadChunks } from './support/payload.ts'
import { chooseFolderByScript, downloaded, downloadsOf, savedFiles } from './support/saving-page.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  WAIT,
  chooseFiles,
  click,
  download,
  drop,
  inState,
  linkOf,
  press,
  reloadKept,
  shareOpenly,
  startSharePage,
  text,
  visit as visitAs,
} from './support/share-page.ts'

const LARGE_BYTES = 48 * 1024 * 1024

const scope = fileScope()
let browser: Browser
let address = ''

before(async () => {
  browser = await launchBrowser(scope, 'chromium', { hasWindows: true })
  address = (await startSharePage(scope)).address
})

/** Opens a page as another person, or as one who was here before (a context). */
function visit(lifetime: Lifetime, url: string, of: Browser | BrowserContext = browser): Promise<Page> {
  return visitAs(lifetime, url, { of })
}

async function makeLargeFile(folder: string, seed: number, lengthBytes = LARGE_BYTES): Promise<string> {
  const path = join(folder, `large-${seed}.bin`)
  await writeFile(path, Buffer.concat([...payloadChunks(seed, lengthBytes)]))
  return path
}

async function sha256(bytes: BufferSource): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')
}

describe('the share page', () => {
  it('brings a dropped folder of many files to another person, folder and all', async t => {
    const folder = await scratchFolder(t)
    const expected: Record<string, string> = {}
    // More than one answer of readEntries holds, at two levels, with an empty file and names that are not ASCII.
    const paths = Array.from({ length: 230 }, (_, n) => `holiday/${n % 2 === 0 ? '' : 'déjà vu/'}${n}.bin`)
    for (const [n, path] of paths.entries()) {
      const bytes = payloadBytes(n, 0, n === 0 ? 0 : 900 + n * 20)
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), bytes)
      expected[path] = await sha256(bytes)
    }
    const sender = await visit(t, address)
    await drop(sender, [join(folder, 'holiday')])
    const link = await linkOf(sender)
    assert.match(link, new RegExp(`^${address}#[\\w-]{43}\\.[\\w-]{43}$`))
    assert.equal(sender.url(), link)

    const receiver = await visit(t, link)
    await download(receiver)
    await inState(receiver, 'seeding')
    assert.equal(await text(receiver, 'h2'), 'holiday')
    await chooseFolderByScript(receiver)
    await click(receiver, 'Save all')
    await receiver.waitForFunction(() => document.querySelector('.status')?.textContent?.startsWith('Saved'), WAIT)
    assert.deepEqual(await savedFiles(receiver), expected)
  })

  it('saves a single file as a download', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'letter.bin'), payloadBytes(5, 0, 2_000_000))
    const sender = await visit(t, address)
    await chooseFiles(sender, [join(folder, 'letter.bin')])
    const receiver = await visit(t, await linkOf(sender))
    await download(receiver)
    await inState(receiver, 'seeding')
    await mkdir(join(folder, 'downloads'))
    await downloadsOf(receiver, join(folder, 'downloads'))
    await click(receiver, 'Save')
    const saved = await downloaded(join(folder, 'downloads'), 'letter.bin', 2_000_000)
    assert.ok(saved.equals(payloadBytes(5, 0, 2_000_000)))
  })

  it('goes on where a reload interrupted a download, and pauses when told', async t => {
    const folder = await scratchFolder(t)
    const sender = await visit(t, address)
    await chooseFiles(sender, [await makeLargeFile(folder, 11)])
    const receiver = await visit(t, await linkOf(sender))
    await download(receiver)
    await receiver.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0.2, WAIT)
    await press(receiver, 'Pause')
    await inState(receiver, 'paused')
    assert.match(await text(receiver, '.status'), /^Paused at \d+ %\. Nothing is lost\.$/)

    await receiver.reload()
    await inState(receiver, 'downloading')
    assert.ok((await receiver.$eval('progress', bar => bar.value)) > 0.15)
    await inState(receiver, 'seeding')
  })

  it('seeds again after a reload, with the same link and without choosing again', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'again.bin'), payloadBytes(6, 0, 3_000_000))
    const sender = await visit(t, address)
    await chooseFiles(sender, [join(folder, 'again.bin')])
    const link = await linkOf(sender)
    await reloadKept(sender)
    await inState(sender, 'seeding')
    assert.equal(await linkOf(sender), link)
    const receiver = await visit(t, link)
    await download(receiver)
    await inState(receiver, 'seeding')
  })

  it('seeds a large file again after a reload, without a copy of it', { timeout: 120_000 }, async t => {
    const folder = await scratchFolder(t)
    const sender = await visit(t, address)
    await drop(sender, [await makeLargeFile(folder, 21)])
    const link = await linkOf(sender)
    await reloadKept(sender)
    await inState(sender, 'seeding')
    assert.equal(await linkOf(sender), link)
    const usage = await sender.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0)
    assert.ok(usage < LARGE_BYTES / 10, `${usage} bytes are kept`)
    const receiver = await visit(t, link)
    await download(receiver)
    await inState(receiver, 'seeding')
  })

  it('says when the browser lets it read a file no more, and goes on under the same link once that is dropped again', {
    timeout: 120_000,
  }, async t => {
    const folder = await scratchFolder(t)
    const path = await makeLargeFile(folder, 22)
    const first = await visit(t, address)
    await shareOpenly(first)
    await drop(first, [path])
    const link = await linkOf(first)
    await first.waitForSelector('.torrent[data-kept="true"]', WAIT)
    // The grant ends with the last tab of the site.
    const context = first.browserContext()
    await first.goto('about:blank')
    const sender = await visit(t, link, context)
    await inState(sender, 'downloading')
    assert.match(await text(sender, '.status'), /no longer lets this page read the files/)
    await drop(sender, [path])
    await inState(sender, 'seeding')
    assert.equal(await linkOf(sender), link)
    const receiver = await visit(t, link)
    await download(receiver)
    await inState(receiver, 'seeding')
  })

  it('asks before it reads a private file again once the browser wants that, and sends it under the same link then', {
    timeout: 120_000,
  }, async t => {
    // Large enough to be read where it is: of smaller ones a copy is kept.
    const path = await makeLargeFile(await scratchFolder(t), 23, 34 * 1024 * 1024)
    const first = await visit(t, address)
    await drop(first, [path])
    const link = await linkOf(first)
    await first.waitForSelector('.torrent[data-kept="true"]', WAIT)
    const context = first.browserContext()
    await first.goto('about:blank')
    const sender = await visit(t, link, context)
    await sender.waitForSelector('.gate:not([hidden])', WAIT)
    assert.match(await text(sender, '.gate'), /wants to be asked before this page reads the files again/)
    // No script can answer the browser's question. It is not put where the person allowed the file in another tab meanwhile.
    const tab = await visit(t, address, context)
    await drop(tab, [path])
    await linkOf(tab)
    await sender.bringToFront()
    await click(sender, 'Let this page read them')
    await sender.waitForFunction(() => document.querySelector<HTMLElement>('.gate')?.hidden !== false, WAIT)
    await inState(sender, 'seeding')
    assert.equal(await linkOf(sender), link)
    const receiver = await visit(t, link)
    await download(receiver)
    await inState(receiver, 'seeding')
  })

  it('forgets what is no longer shared', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'gone.bin'), payloadBytes(8, 0, 1_000_000))
    const sender = await visit(t, address)
    await chooseFiles(sender, [join(folder, 'gone.bin')])
    await linkOf(sender)
    await click(sender, 'Stop sharing')
    await inState(sender, 'closed')
    assert.match(await text(sender, '.status'), /No longer shared/)
    await sender.reload()
    await inState(sender, 'joining')
    assert.match(await text(sender, '.steps'), /Reaching the meeting point|Reached the meeting point/)
  })

  it('shows a share that is sent a second time instead of complaining', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'twice.bin'), payloadBytes(9, 0, 100_000))
    const sender = await visit(t, address)
    await shareOpenly(sender)
    await chooseFiles(sender, [join(folder, 'twice.bin')])
    const link = await linkOf(sender)
    await sender.goBack()
    await sender.waitForSelector('.shares a')
    await chooseFiles(sender, [join(folder, 'twice.bin')])
    assert.equal(await linkOf(sender), link)
  })

  it('says what is wrong with a link that was cut short', async t => {
    const page = await visit(t, `${address}#0123456789`)
    await page.waitForSelector('.alert:not([hidden])')
    assert.match(await text(page, '.alert'), /not complete.*sender/)
  })

  it('fits a phone, in every state that is easy to reach', async t => {
    const folder = await scratchFolder(t)
    const name = `${'a-very-long-name-'.repeat(8)}.bin`
    await writeFile(join(folder, name), payloadBytes(3, 0, 10_000))
    const page = await visit(t, address)
    const isWide = (): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
    assert.equal(await isWide(), false)
    await chooseFiles(page, [join(folder, name)])
    await linkOf(page)
    await page.$$eval('details', panels => {
      for (const panel of panels) panel.open = true
    })
    assert.equal(await isWide(), false)
  })

  it('is driven by the keyboard', async t => {
    const page = await visit(t, address)
    await page.waitForSelector('.zone')
    const labels: string[] = []
    for (let presses = 0; presses < 4; presses += 1) {
      await page.keyboard.press('Tab')
      labels.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ''))
    }
    assert.ok(labels.includes('Choose files') && labels.includes('Choose folder'), labels.join(', '))
    const [chooser] = await Promise.all([
      page.waitForFileChooser(),
      (async () => {
        await page.focus('button.primary')
        await page.keyboard.press('Enter')
      })(),
    ])
    assert.equal(chooser.isMultiple(), true)
  })

  it('brings files from Chromium to Firefox', async t => {
    const folder = await scratchFolder(t)
    await writeFile(join(folder, 'across.bin'), payloadBytes(12, 0, 4_000_000))
    const sender = await visit(t, address)
    await chooseFiles(sender, [join(folder, 'across.bin')])
    const firefox = await launchBrowser(t, 'firefox')
    const receiver = await visit(t, await linkOf(sender), firefox)
    await download(receiver)
    await inState(receiver, 'seeding')
    assert.equal(await text(receiver, 'h2'), 'across.bin')
  })
})
