/** Addresses of files, in real browsers: what they save is whole or has visibly failed, what they show can do nothing to the page. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { BROWSER_NAMES } from '../support/browsers.ts'
import type { MadeFile } from './support/page/saving.ts'
import { payloadBytes } from './support/payload.ts'
import { downloaded, launchSavingBrowser, openSavingPage, startSavingSite, untilSizes } from './support/saving-page.ts'
import { fileScope } from './support/scope.ts'
import type { Site } from './support/site.ts'

const scope = fileScope()
const LENGTH = 12 * 1024 * 1024 + 11
const WAIT = { timeout: 20_000 }
const film = readFileSync('demo/cdn/made/film.webm')

let site: Site
before(async () => {
  site = await startSavingSite(scope, { folder: 'demo/cdn/made' })
})

for (const name of BROWSER_NAMES) {
  describe(`in ${name}, an address of a file`, () => {
    let browser: Browser
    let downloads: string
    let page: Page

    before(async () => {
      ;({ browser, downloads } = await launchSavingBrowser(scope, name))
      page = await openSavingPage(browser, site)
      await page.evaluate(async () => saving.kept.set('urls', await saving.open()))
    })

    it('saves all of it, or the browser’s download has failed, and never a part that looks whole', async () => {
      await assert.rejects(
        save(page, { path: 'lost.bin', seed: 2, length: LENGTH, failsAt: LENGTH / 2 }),
        /the source was lost/,
      )
      await assert.rejects(
        save(page, { path: 'short.bin', seed: 2, length: LENGTH, endsAt: LENGTH - 1 }),
        /another length/,
      )

      const doomed = await openSavingPage(browser, site)
      await frameOf(doomed, { path: 'killed.bin', seed: 2, length: LENGTH, waitsAt: LENGTH / 2 }, { download: true })
      await doomed.waitForFunction(half => saving.readTo >= half, WAIT, LENGTH / 2)
      // With its worker, which lives in its process. Firefox has no address that crashes a page.
      if (name === 'chromium') await doomed.goto('chrome://crash').catch(() => undefined)
      else await doomed.close()

      const fileName = 'a "quoted" – déjà;vu.bin'
      await save(page, { path: fileName, seed: 1, length: LENGTH })
      // The last to begin: what had not failed before it would be there by now.
      const saved = await downloaded(downloads, fileName.replaceAll('"', '_'), LENGTH)
      assert.ok(saved.equals(payloadBytes(1, 0, LENGTH)))
      // Chromium deletes what failed; Firefox keeps an empty file beside the part, which it offers to fetch again.
      await untilSizes(downloads, sizes =>
        Object.entries(sizes).every(([path, bytes]) => /^a _quoted_|\.part$/.test(path) || bytes === 0),
      )
    })

    it('is what a torrent’s file says itself, once it is told by whom', async () => {
      await page.evaluate(async length => {
        const { Shoal, TorrentFile } = await kit.shoal()
        TorrentFile.urls = saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>
        const client = new Shoal({ trackers: [], iceServers: [] })
        const torrent = client.seed([kit.payload({ seed: 5, length, name: 'of-a-torrent.bin' })])
        await torrent.ready
        const frame = document.createElement('iframe')
        frame.src = torrent.files[0]!.url({ download: true })
        document.body.append(frame)
      }, LENGTH)
      const saved = await downloaded(downloads, 'of-a-torrent.bin', LENGTH)
      assert.ok(saved.equals(payloadBytes(5, 0, LENGTH)))
    })

    it('is answered as HTTP has it, also by a worker that was stopped meanwhile', async () => {
      const url = await page.evaluate(() => {
        const urls = saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>
        return urls.url(saving.madeFile({ path: 'a.mp3', seed: 4, length: 1000 }))
      })
      // A page of the scope may ask for whatever it likes.
      const within = await browser.newPage()
      await within.goto(`${site.url}files/within.html`)
      await within.waitForFunction(() => navigator.serviceWorker.controller !== null)
      const ask = (init: RequestInit) =>
        within.evaluate(
          async (url, init) => {
            const response = await fetch(url, init)
            const { status, headers } = response
            const bytes = new Uint8Array(await response.arrayBuffer())
            return [status, headers.get('content-length'), headers.get('content-range'), bytes.length, bytes[0] ?? -1]
          },
          url,
          init,
        )
      const bytes = payloadBytes(4, 0, 1000)
      assert.deepEqual(await ask({}), [200, '1000', null, 1000, bytes[0]])
      assert.deepEqual(await ask({ method: 'HEAD' }), [200, '1000', null, 0, -1])
      assert.deepEqual(await ask({ headers: { Range: 'bytes=100-299' } }), [
        206,
        '200',
        'bytes 100-299/1000',
        200,
        bytes[100],
      ])
      if (name === 'chromium') {
        const session = await page.createCDPSession()
        await session.send('ServiceWorker.enable')
        await session.send('ServiceWorker.stopAllWorkers')
      }
      assert.deepEqual(await ask({ headers: { Range: 'bytes=-3' } }), [206, '3', 'bytes 997-999/1000', 3, bytes[997]])
      assert.deepEqual((await ask({ headers: { Range: 'bytes=1000-' } })).slice(0, 3), [416, null, 'bytes */1000'])

      await page.evaluate(url => (saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>).revoke(url), url)
      assert.equal((await ask({}))[0], 404)
      await within.close()
    })

    it('shows a film in a frame, and goes to a place in it of which nothing has come', async () => {
      await page.bringToFront()
      const { times, ranges } = await page.evaluate(async length => {
        saving.ranges.length = 0
        const urls = saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>
        const view = saving.previewView(saving.fetchedFile('film.webm', '/files/film.webm', length), urls)!
        document.body.prepend(view.element)
        const frame = view.element.querySelector('iframe')!
        await new Promise(resolve => frame.addEventListener('load', resolve))
        const video = frame.contentDocument!.querySelector('video')!
        const until = (event: string, isRight: () => boolean): Promise<void> =>
          new Promise((resolve, reject) => {
            const look = (): void => {
              if (isRight()) resolve()
            }
            video.addEventListener(event, look)
            video.addEventListener('error', () => reject(new Error(video.error?.message)))
            look()
          })
        await until('loadedmetadata', () => video.readyState >= 1)
        video.currentTime = 30
        await until('seeked', () => !video.seeking && video.readyState >= 2)
        const times = [video.currentTime, Math.round(video.duration)]
        view.close()
        return { times, ranges: saving.ranges }
      }, film.length)
      assert.deepEqual(times, [30, 40])
      assert.ok(
        ranges.some(range => Number(range.split('-')[0]) > 0),
        `it asked for ${ranges.join(', ')}`,
      )
    })

    it('runs nothing of what hostile files hold', async () => {
      await page.bringToFront()
      await provoke(page)
      const script = `for (const w of [self, parent, top, opener]) try { w.ran = document.title || 1 } catch {} ; try { localStorage.ran = 1 } catch {}`
      const markup = `<title>x</title><script>${script}</script><img src=x onerror="${script}">`
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="${script}"><script>${script}</script></svg>`
      const files: readonly (readonly [path: string, text: string, type?: string])[] = [
        ['page.html', markup],
        ['notes.txt', markup],
        ['drawing.svg', svg],
        [`"><script>parent.ran=1</script><x y='.svg`, svg],
        ['film.mp4', markup],
        ['picture.png', markup],
        ['paper.pdf', markup],
        ['typed.svg', svg, 'image/svg+xml'],
      ]
      for (const [path, text, type] of files)
        await frameOf(page, { path, text, seed: 0, length: text.length }, { type }, true)
      const attachments = ['evil-1.html', 'evil-2.xhtml', 'evil-3.swf'].map(
        (path, n) => [path, ['text/html', 'application/xhtml+xml', undefined][n]] as const,
      )
      for (const [path, type] of attachments)
        await frameOf(page, { path, text: markup, seed: 0, length: markup.length }, { type: type ?? 'x/y' })
      for (const [path] of attachments) await downloaded(downloads, path, markup.length)
      // As a page of its own, which has the page as its opener.
      await page.evaluate(async svg => {
        const urls = saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>
        const opened = window.open(
          urls.url(saving.madeFile({ path: 'top.svg', text: svg, seed: 0, length: svg.length })),
        )!
        await new Promise(resolve => {
          const timer = setInterval(() => {
            if (!opened.document?.querySelector('img')?.complete) return
            clearInterval(timer)
            resolve(undefined)
          }, 20)
        })
        opened.close()
      }, svg)
      const found = await page.evaluate(() => ({
        ran: [(globalThis as { ran?: unknown }).ran ?? null, localStorage.getItem('ran')],
        // Of an opaque origin: nobody looks into it, and it looks at nobody.
        isTextOpaque: [...document.querySelectorAll('iframe')].some(
          ({ src, contentDocument }) => src.endsWith('notes.txt') && contentDocument === null,
        ),
        drawings: [...document.querySelectorAll('iframe')].filter(
          ({ contentDocument }) => contentDocument?.querySelector('img')?.naturalWidth === 9,
        ).length,
      }))
      assert.deepEqual(found, { ran: [null, null], isTextOpaque: true, drawings: 3 })
    })

    it('shows a document in which no script would run, had any come in', async () => {
      const ran = await page.evaluate(async () => {
        const drawing = [...document.querySelectorAll('iframe')].find(({ src }) => src.endsWith('drawing.svg'))!
        const inside = drawing.contentDocument!
        const script = inside.createElement('script')
        script.textContent = 'parent.ran = 1'
        inside.body.append(script)
        const handler = inside.createElement('img')
        handler.setAttribute('onerror', 'parent.ran = 1')
        const failed = new Promise(resolve => handler.addEventListener('error', resolve))
        // No policy of ours lets it in.
        handler.src = 'data:image/png,x'
        inside.body.append(handler)
        await failed
        return (globalThis as { ran?: unknown }).ran ?? null
      })
      assert.equal(ran, null)
    })
  })
}

/** That the same markup does run in a document of the page's, and would be seen. */
function provoke(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const frame = document.createElement('iframe')
    frame.srcdoc = '<script>parent.ran = 1</script>'
    document.body.append(frame)
    await new Promise(resolve => frame.addEventListener('load', resolve))
    const world = globalThis as { ran?: unknown }
    if (world.ran !== 1) throw new Error('a script that may run was not seen')
    delete world.ran
    frame.remove()
  })
}

/** Opens a file in a frame; waits for it where it is shown. */
function frameOf(
  page: Page,
  made: MadeFile,
  options: { download?: boolean; type?: string | undefined },
  isShown = false,
): Promise<void> {
  return page.evaluate(
    async (made, { type, download = false }, isShown) => {
      if (!saving.kept.has('urls')) saving.kept.set('urls', await saving.open())
      const urls = saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>
      const frame = document.createElement('iframe')
      frame.src = urls.url(saving.madeFile(made), { download, ...(type && { type }) })
      document.body.append(frame)
      if (isShown) await new Promise(resolve => frame.addEventListener('load', resolve))
    },
    made,
    options,
    isShown,
  )
}

/** Saves by the worker. */
function save(page: Page, made: MadeFile): Promise<void> {
  return page.evaluate(async made => {
    const file = saving.madeFile(made)
    const urls = saving.kept.get('urls') as Awaited<ReturnType<typeof saving.open>>
    const saved = {
      name: file.name,
      lengthBytes: file.length,
      stream: (watch: { signal: AbortSignal }) => file.stream(watch),
    }
    await saving.downloadStream(urls, saved, { signal: new AbortController().signal, onBytes() {} })
  }, made)
}
