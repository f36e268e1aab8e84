/** What the share page saves by its browser's downloads: a folder as a ZIP, streamed, in browsers without a folder picker. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, ElementHandle, Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { missingPackage } from '../support/debian.ts'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import { downloaded, launchSavingBrowser, openSavingPage, sizesIn, startSavingSite } from './support/saving-page.ts'
import { fileScope } from './support/scope.ts'
import { click, download, inState, startSharePage } from './support/share-page.ts'
import type { Site } from './support/site.ts'

const LARGE_BYTES = 34 * 1024 * 1024
const PYTHON = '/usr/bin/python3'
/** Checks every file's sum, and says what each holds. */
const UNPACK = `
import hashlib, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps({name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}))
`
/** More than a Blob is taken for. */
const FILES = Array.from({ length: 40 }, (_, n) => ({
  path: `holiday/${n % 2 === 0 ? '' : 'déjà vu/'}${n}.bin`,
  seed: n,
  length: n === 0 ? 0 : 500_000 + n * 24_001,
}))
/** What a sharer might call files to have them land elsewhere, and under what name they are in the folder. */
const HOSTILE = { '../../escaped.bin': '__/__/escaped.bin', '/etc/passwd': 'etc/passwd', 'a\\..\\b': 'a_.._b' }

const scope = fileScope()
let site: Site
before(async () => {
  site = await startSavingSite(scope)
})

for (const name of BROWSER_NAMES) {
  describe(`in ${name}, without pickers`, () => {
    let browser: Browser
    let downloads: string
    let page: Page

    before(async () => {
      ;({ browser, downloads } = await launchSavingBrowser(scope, name))
      page = await openSavingPage(browser, site)
      await page.evaluate(() =>
        Object.assign(window, { showDirectoryPicker: undefined, showSaveFilePicker: undefined }),
      )
    })

    it('a folder is saved as a ZIP that other programs unpack, and nothing in it leaves its folder', {
      skip: missingPackage(PYTHON, ['--version'], 'python3') ?? false,
    }, async () => {
      const files = [...FILES, ...Object.keys(HOSTILE).map((path, n) => ({ path, seed: 100 + n, length: 5000 }))]
      const words = await page.evaluate(async files => {
        const signal = new AbortController().signal
        const saver = saving.saver({
          files: () => files.map(saving.madeFile),
          name: () => 'holiday',
          signal,
          urls: saving.open,
        })
        await saver.all()
        return [saver.words, saver.error, saver.savedBytes - saver.totalBytes, saver.isSaved]
      }, files)
      assert.match(String(words[0]), /^Saved and verified/)
      assert.deepEqual(words.slice(1), ['', 0, true])
      const paths = [...FILES.map(({ path }) => path), ...Object.values(HOSTILE)]
      const expected = files.map(({ seed, length }, index) => {
        return [
          paths[index],
          createHash('sha256')
            .update(payloadBytes(seed, 0, length))
            .digest('hex'),
        ]
      })
      const lengthBytes = await page.evaluate(files => saving.zipOf(files.map(saving.madeFile)).lengthBytes, files)
      await downloaded(downloads, 'holiday.zip', lengthBytes)
      const unpacked = execFileSync(PYTHON, ['-c', UNPACK, join(downloads, 'holiday.zip')], { encoding: 'utf8' })
      assert.deepEqual(JSON.parse(unpacked), Object.fromEntries(expected))
    })

    it('a file whose source is lost leaves words and no file, and one that is cancelled no words either', async () => {
      const outcome = await page.evaluate(async () => {
        const lengthBytes = 40_000_000
        const files = [
          { path: 'lost.bin', seed: 1, length: lengthBytes, failsAt: 20_000_000 },
          { path: 'cancelled.bin', seed: 1, length: lengthBytes, waitsAt: 20_000_000 },
        ].map(saving.madeFile)
        const { signal } = new AbortController()
        const saver = saving.saver({ files: () => files, name: () => 'both', signal, urls: saving.open })
        await saver.file({ path: 'lost.bin', length: lengthBytes })
        const lost = saver.error
        const cancelling = saver.file({ path: 'cancelled.bin', length: lengthBytes })
        while (saver.savedBytes < 15_000_000) await new Promise(resolve => setTimeout(resolve, 10))
        saver.cancel()
        await cancelling
        return { lost, cancelled: [saver.error, saver.words, saver.isBusy, saver.isSaved] }
      })
      assert.match(outcome.lost, /^Saving failed: the source was lost/)
      assert.deepEqual(outcome.cancelled.slice(0, 3), ['', '', false])
      const sizes = await sizesIn(downloads)
      assert.ok(!['lost.bin', 'cancelled.bin'].some(path => (sizes[path] ?? 0) > 0), JSON.stringify(sizes))
    })

    it('a folder that could not be saved says so itself, and has no file that looks whole', async () => {
      const outcome = await page.evaluate(async () => {
        const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('chosen', { create: true })
        // Stands in for the picker, which no script can operate: the folder is a real one, of the page's private file system.
        Object.assign(window, { showDirectoryPicker: async () => root })
        const paths = async (): Promise<string[]> => {
          const found: string[] = []
          for await (const [name, handle] of (await root.getDirectoryHandle('f', { create: true })).entries())
            if ((await (handle as FileSystemFileHandle).getFile()).size > 0) found.push(name)
          for await (const name of root.keys()) found.push(name)
          return found.sort()
        }
        const run = async (failsAt: number): Promise<string[]> => {
          const files = [
            { path: 'f/whole.bin', seed: 1, length: 1000 },
            { path: 'f/lost.bin', seed: 2, length: 5_000_000, failsAt },
          ].map(saving.madeFile)
          const { signal } = new AbortController()
          const saver = saving.saver({ files: () => files, name: () => 'f', signal })
          await saver.all()
          return [saver.error, ...(await paths())]
        }
        return { lost: await run(3_000_000), again: await run(Number.POSITIVE_INFINITY) }
      })
      assert.match(outcome.lost[0]!, /^Saving failed: the source was lost/)
      assert.deepEqual(outcome.lost.slice(1), ['_This folder is incomplete.txt', 'f', 'whole.bin'])
      assert.deepEqual(outcome.again, ['', 'f', 'lost.bin', 'whole.bin'])
    })
  })
}

describe('the share page', () => {
  it('saves what is large as it comes from its worker, under the policy that it is served with', async t => {
    const folder = await scratchFolder(t)
    const [from, expected] = [join(folder, 'large.bin'), payloadBytes(7, 0, LARGE_BYTES)]
    await writeFile(from, expected)
    const { address } = await startSharePage(t)
    const { browser, downloads } = await launchSavingBrowser(t, 'chromium')
    const sender = await (await browser.createBrowserContext()).newPage()
    await sender.goto(address)
    const input = (await sender.waitForSelector('#choose-files')) as ElementHandle<HTMLInputElement>
    await input.uploadFile(from)
    await sender.waitForFunction(() => location.hash.includes('.'))
    const receiver = await browser.newPage()
    await receiver.evaluateOnNewDocument(() => Object.assign(window, { showSaveFilePicker: undefined }))
    await receiver.goto(sender.url())
    await download(receiver)
    await inState(receiver, 'seeding')
    await click(receiver, 'Save')
    const saved = await downloaded(downloads, 'large.bin', LARGE_BYTES)
    assert.ok(saved.equals(expected))
  })
})

describe('in a browser without a service worker', () => {
  it('what is too large for a Blob is refused with words that help', async t => {
    const { browser } = await launchSavingBrowser(t, 'chromium')
    const page = await openSavingPage(browser, site)
    const error = await page.evaluate(async () => {
      Object.assign(window, { showDirectoryPicker: undefined, showSaveFilePicker: undefined })
      const file = saving.madeFile({ path: 'large.bin', seed: 1, length: 600_000_000 })
      const { signal } = new AbortController()
      const saver = saving.saver({ files: () => [file], name: () => '', signal, urls: async () => undefined })
      await saver.all()
      return saver.error
    })
    assert.match(error, /no more than .* this is 600 MB.*Open the link in Chrome, Edge or Firefox/)
  })
})
