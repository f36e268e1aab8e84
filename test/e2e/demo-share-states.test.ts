/** The states and the failures of the share page, reached as a person reaches them. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import { launchBrowser } from './support/browser.ts'
import { scratchFolder, startCli } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import {
  chooseFiles,
  click,
  download,
  drop,
  inState,
  linkOf,
  problem,
  says,
  shareOpenly,
  text,
  visit,
  WAIT,
  startSharePage,
} from './support/share-page.ts'

const scope = fileScope()
const browsers = Object.fromEntries(BROWSER_NAMES.map(name => [name, launchBrowser(scope, name)]))
/** Of a share that nobody has. */
const NOWHERE = '00'.repeat(20)
let address = ''
let chromium: Browser

before(async () => {
  address = (await startSharePage(scope)).address
  chromium = await browsers.chromium!
})

async function fileOf(t: Lifetime, name: string, length: number, seed = 1): Promise<string> {
  const path = join(await scratchFolder(t), name)
  await writeFile(path, payloadBytes(seed, 0, length))
  return path
}

/** A page that shares files. @returns it and its link */
async function send(t: Lifetime, paths: readonly string[], of = chromium): Promise<{ page: Page; link: string }> {
  const page = await visit(t, address, { of })
  await chooseFiles(page, paths)
  return { page, link: await linkOf(page) }
}

for (const name of BROWSER_NAMES) {
  describe(`the share page in ${name}`, () => {
    it('downloads nothing before it is told what, then that alone, and goes on with it after a reload', async t => {
      const browser = await browsers[name]!
      const paths = [await fileOf(t, 'one.bin', 300_000, 1), await fileOf(t, 'two.bin', 500_000, 2)]
      const { link } = await send(t, paths, browser)
      // Firefox complains of sockets that a reload closes while they open.
      const receiver = await visit(t, link, { of: browser, allowed: /connection to (the server at )?ws:/ })
      await inState(receiver, 'ready')
      await says(receiver, '.ready .primary', /^Download 800 kB$/)
      assert.equal(await receiver.$$eval('.tree input', boxes => boxes.length), 3)
      const [first] = await receiver.$$('.tree ul input')
      await first!.focus()
      await receiver.keyboard.press(' ')
      await says(receiver, '.ready .primary', /^Download 500 kB$/)
      assert.equal(await receiver.$eval('.tree input', box => (box as HTMLInputElement).indeterminate), true)
      await click(receiver, 'Download 500 kB')
      await inState(receiver, 'seeding')
      await says(receiver, '.figures', /1\sfile,\s500\skB/)

      await receiver.reload()
      await inState(receiver, 'seeding')
      await says(receiver, '.figures', /1\sfile,\s500\skB/)
      await click(receiver, 'Get')
      await says(receiver, '.figures', /2\sfiles,\s800\skB/)
    })

    it('shows the sender each receiver, and says when the tab may go, exactly then', async t => {
      const browser = await browsers[name]!
      const { page: sender, link } = await send(t, [await fileOf(t, 'large.bin', 24_000_000, 3)], browser)
      await says(sender, '.status', /^Keep this tab open/)
      const receiver = await visit(t, link, { of: browser })
      await download(receiver)
      await sender.waitForSelector('.receivers progress', WAIT)
      await says(sender, '.status', /^1 downloading · 1 full copy online/)
      assert.equal(await sender.$eval('.close', element => (element as HTMLElement).hidden), true)
      await inState(receiver, 'seeding')
      // Firefox has all persons in one window.
      await sender.bringToFront()
      await says(sender, '.close', /^You can close this tab: another full copy is online/)
      await receiver.close()
      await sender.waitForFunction(() => document.querySelector<HTMLElement>('.close')?.hidden, WAIT)
      await says(sender, '.status', /^Keep this tab open/)
    })
  })
}

// They wait more than they work.
describe('what goes wrong at the share page', { concurrency: 3 }, () => {
  it('is said where there is no WebRTC', async t => {
    const before = (): void => void Reflect.deleteProperty(globalThis, 'RTCPeerConnection')
    const page = await visit(t, `${address}#${NOWHERE}`, { of: chromium, before })
    assert.match(
      await problem(page, 'no-webrtc'),
      /^This browser blocks peer connections \(WebRTC\)\..*another browser/,
    )
  })

  it('is said where WebRTC is there and throws', async t => {
    const before = (): void => {
      globalThis.RTCPeerConnection = class {
        constructor() {
          throw new DOMException('Not allowed.', 'NotAllowedError')
        }
      } as unknown as typeof RTCPeerConnection
    }
    const page = await visit(t, `${address}#${NOWHERE}`, { of: chromium, before })
    assert.match(await problem(page, 'no-webrtc'), /^This browser blocks peer connections/)
    assert.equal(await text(page, '.status'), '')
  })

  it('is said once the tracker is gone, with its host, and mended by Retry once it is back', async t => {
    const { server, address: own } = await startSharePage(t)
    const page = await visit(t, own, { of: chromium, allowed: /WebSocket|ERR_CONNECTION/ })
    await chooseFiles(page, [await fileOf(t, 'kept.bin', 1000)])
    await linkOf(page)
    await server.stop('SIGKILL')
    const words = await problem(page, 'tracker-down')
    const { host, port } = new URL(own)
    assert.match(words, /^Can't reach the meeting point\. Existing transfers continue\./)
    // Far from the next attempt by itself, so that it is the button that mends it.
    await says(page, '.countdown', new RegExp(`^${host}: trying again in \\d\\d `))
    await startCli(t, ['serve', '--port', port]).printed(/share page on/)
    await click(page, 'Retry now')
    await page.waitForFunction(() => document.querySelector<HTMLElement>('.problem')?.hidden, WAIT)
  })

  it('is said when the sender leaves, and mends by itself when they are back', async t => {
    const context = await chromium.createBrowserContext()
    t.after(() => (chromium.connected ? context.close() : undefined))
    const path = await fileOf(t, 'left.bin', 80_000_000, 4)
    const sender = await visit(t, address, { of: context })
    await shareOpenly(sender)
    await drop(sender, [path])
    const link = await linkOf(sender)
    const receiver = await visit(t, link, { of: chromium })
    await download(receiver)
    await receiver.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0.1, WAIT)
    await sender.close({ runBeforeUnload: false })
    const words = await problem(receiver, 'source-closed')
    assert.match(words, /^Sender left at \d\d %\. Your part is kept\. It resumes by itself under the same link\.$/)
    const back = await visit(t, address, { of: context })
    await shareOpenly(back)
    await drop(back, [path])
    await inState(receiver, 'seeding')
  })

  it('is said before it happens where there is too little space', async t => {
    const { link } = await send(t, [await fileOf(t, 'big.bin', 3_000_000)])
    const before = (): void => {
      navigator.storage.estimate = async () => ({ quota: 2_500_000, usage: 0 })
    }
    const page = await visit(t, link, { of: chromium, before })
    await inState(page, 'ready')
    await says(page, '.ready .alert', /^Needs 3 MB; this browser allows 2\.5 MB\. Choose fewer files/)
  })

  it('costs no mobile data upwards unless the person agrees', async t => {
    const before = (): void => {
      Object.defineProperty(navigator, 'connection', { value: { saveData: true } })
    }
    const sender = await visit(t, address, { of: chromium })
    // Of a private share nobody would receive the list.
    await shareOpenly(sender)
    await chooseFiles(sender, [await fileOf(t, 'mobile.bin', 4_000_000, 5)])
    const link = await linkOf(sender)
    const page = await visit(t, link, { of: chromium, before })
    await inState(page, 'ready')
    await says(page, '.metered', /^Mobile data: 4 MB down; sharing back is off\./)
    await download(page)
    await inState(page, 'seeding')
    await sender.close({ runBeforeUnload: false })
    const other = await visit(t, link, { of: chromium })
    await download(other)
    await says(other, '.status', /^Waiting for the next piece/)
    assert.equal(await other.$eval('progress', bar => bar.value), 0)
    assert.doesNotMatch(await text(page, '.figures'), /sent/)
  })

  it('is told of markup in names as text', async t => {
    const folder = await scratchFolder(t)
    const name = '<img src=x onerror=alert(1)>'
    await mkdir(join(folder, name))
    for (const n of [1, 2]) await writeFile(join(folder, name, `<b>${n}<b>&lt;i&gt;.bin`), payloadBytes(n, 0, 5000))
    const sender = await visit(t, address, { of: chromium })
    await drop(sender, [join(folder, name)])
    const receiver = await visit(t, await linkOf(sender), { of: chromium })
    await inState(receiver, 'ready')
    assert.equal(await receiver.$$eval('main b, main img', found => found.length), 0)
    // The library made names of them that every disk takes; the page adds nothing to that.
    assert.match(await text(receiver, '.tree'), /_b_1_b_&lt;i&gt;\.bin/)
  })
})

describe('a page that nobody sees', () => {
  it('joins nothing until somebody does', async t => {
    const before = (): void => {
      let state = 'hidden'
      Object.defineProperty(document, 'visibilityState', { get: () => state })
      Object.assign(globalThis, {
        reveal: () => {
          state = 'visible'
          document.dispatchEvent(new Event('visibilitychange'))
        },
      })
    }
    const page = await visit(t, `${address}#${NOWHERE}`, { of: chromium, before })
    await page.waitForFunction(() => document.readyState === 'complete')
    assert.equal(await page.$('.torrent'), null)
    await page.evaluate(() => (globalThis as unknown as { reveal(): void }).reveal())
    await inState(page, 'joining')
  })
})

describe('the link', () => {
  it('is there as a QR code and, for other programs, as a magnet link', async t => {
    const page = await visit(t, address, { of: chromium })
    await shareOpenly(page)
    await chooseFiles(page, [await fileOf(t, 'code.bin', 1000, 6)])
    await linkOf(page)
    await click(page, 'QR code')
    await page.waitForSelector('.qr svg path[d^="M"]', WAIT)
    assert.match(await page.$eval('#magnet', input => (input as HTMLInputElement).value), /^magnet:\?xt=urn:bt/)
  })

  it('speaks German to those who read it', async t => {
    const before = (): void => {
      Object.defineProperty(navigator, 'languages', { value: ['de-AT', 'en'] })
    }
    const page = await visit(t, address, { of: chromium, before })
    await says(page, 'h2', /^Dateien direkt aus diesem Browser senden/)
    assert.equal(await page.$eval('html', html => html.lang), 'de')
    await says(page, 'footer', /Stück für Stück/)
  })
})

describe('diagnostics', () => {
  it('can be read, and name no address', async t => {
    const page = await visit(t, `${address}#${NOWHERE}`, { of: chromium })
    await inState(page, 'joining')
    await click(page, 'Connection')
    await click(page, 'Diagnostics')
    await page.waitForFunction(() => document.querySelector('textarea')?.value.includes('errors:'), WAIT)
    const words = await page.$eval('textarea', area => area.value)
    assert.match(words, /candidates: \d+ host udp|candidates: none/)
    assert.match(words, /tracker: ws:\/\/\S+ connected/)
    const others = words.replaceAll(new URL(address).host, '').replace(/Chrome\/[\d.]+/, '')
    assert.doesNotMatch(others, /\d+\.\d+\.\d+\.\d+|\.local|0{20}/)
  })
})
