/** The share page without a network, installed, and as what other apps share with; and how much of it is loaded first. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'puppeteer-core'
import { launchBrowser } from './support/browser.ts'
import { fileScope } from './support/scope.ts'
import { click, inState, linkOf, says, text, visit, WAIT, startSharePage } from './support/share-page.ts'

const scope = fileScope()
let browser: Browser
let address = ''

before(async () => {
  browser = await launchBrowser(scope, 'chromium', { hasWindows: true })
  address = (await startSharePage(scope)).address
})

/** Once the worker answers for the page. */
async function controlled(page: Page): Promise<void> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await page.reload()
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null, WAIT)
}

describe('the first load of the share page', () => {
  it('is at most 70 KiB compressed, the library included', () => {
    const read = (name: string): string => readFileSync(`dist/demo/${name}`, 'utf8')
    const names = ['index.html', ...(read('index.html').match(/(?<=href="|src=")[\w.-]+\.(?:css|js)(?=")/g) ?? [])]
    // What a script imports, not what it may fetch later.
    for (const name of names.filter(name => name.endsWith('.js'))) {
      for (const [, found = ''] of read(name).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) {
        if (!names.includes(found)) names.push(found)
      }
    }
    assert.ok(names.includes('share.js') && names.includes('shoal.min.js') && names.includes('share.css'), names.join())
    const sizes = names.map(name => gzipSync(readFileSync(`dist/demo/${name}`), { level: 9 }).length)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(total <= 70 * 1024, `${total} bytes: ${names.map((name, i) => `${name} ${sizes[i]}`).join(', ')}`)
  })
})

describe('the shell of the share page', () => {
  it('opens without a network, and is the new one once there is a network', async t => {
    const { server, address: own } = await startSharePage(t)
    const page = await visit(t, own, { of: browser, allowed: /Failed to load|WebSocket|ERR_CONNECTION/ })
    await controlled(page)
    await server.stop('SIGKILL')
    await page.reload()
    await says(page, 'h2', /^Send files straight from this browser/)
    assert.equal(await page.evaluate(() => document.styleSheets.length), 2)
  })

  it('has all of it from the network where the browser has no room for a copy', async t => {
    const page = await visit(t, address, { of: browser })
    await controlled(page)
    const session = await page.createCDPSession()
    const { origin } = new URL(address)
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
    await page.goto(`${address}#${'00'.repeat(20)}`)
    await inState(page, 'joining')
    // Fetched when it is opened.
    await click(page, 'Connection')
    await says(page, '.details', /Meeting points/)
  })

  it('lets through what is not the page’s own', async t => {
    const page = await visit(t, address, { of: browser, allowed: /404/ })
    await controlled(page)
    await page.evaluate(() =>
      Promise.all(['health', 'files/x', 'cdn/', 'files/y.js'].map(path => fetch(path).then(answer => answer.text()))),
    )
    const kept = await page.evaluate(async () => {
      const keys = await (await caches.open('shoal-shell')).keys()
      return keys.map(({ url }) => new URL(url).pathname)
    })
    assert.ok(kept.includes('/') && kept.includes('/share.js'), kept.join(' '))
    assert.deepEqual(
      kept.filter(path => /health|files|cdn/.test(path)),
      [],
    )
  })

  it('leaves the site beside it to that site’s own worker', async t => {
    const page = await visit(t, address, { of: browser, allowed: /./ })
    await controlled(page)
    await page.goto(`${address}cdn/`)
    await page.waitForFunction(() => navigator.serviceWorker.controller?.scriptURL.endsWith('/cdn/shoal-sw.js'), WAIT)
  })

  it('shares what another app hands to it', async t => {
    const page = await visit(t, address, { of: browser })
    await controlled(page)
    // As the system does it: a form that is posted to the address in the manifest.
    const { share_target: target } = await page.evaluate(async () => (await fetch('manifest.webmanifest')).json())
    assert.equal(target.method, 'POST')
    await page.setBypassCSP(true)
    await page.reload()
    await Promise.all([
      page.waitForNavigation(),
      page.evaluate(({ action, enctype, params }) => {
        const form = document.createElement('form')
        Object.assign(form, { action, enctype, method: 'post' })
        const input = document.createElement('input')
        Object.assign(input, { type: 'file', name: params.files[0].name })
        const list = new DataTransfer()
        list.items.add(new File(['handed over'], 'from-app.txt', { type: 'text/plain' }))
        input.files = list.files
        form.append(input)
        document.body.append(form)
        form.submit()
      }, target),
    ])
    await linkOf(page)
    await inState(page, 'seeding')
    assert.equal(await text(page, 'h2'), 'from-app.txt')
  })

  it('can be installed', async t => {
    const page = await visit(t, address, { of: browser })
    const session = await page.createCDPSession()
    const { errors, url } = await session.send('Page.getAppManifest')
    assert.deepEqual(errors, [])
    assert.match(url, /manifest\.webmanifest$/)
    const { icons } = await page.evaluate(async () => (await fetch('manifest.webmanifest')).json())
    for (const { src, type, sizes } of icons) {
      const found = await page.evaluate(async src => {
        const answer = await fetch(src)
        const { width } = await createImageBitmap(await answer.blob()).catch(() => ({ width: 0 }))
        return { status: answer.status, type: answer.headers.get('content-type'), width }
      }, src)
      assert.equal(found.status, 200)
      assert.equal(found.type, type)
      if (sizes !== 'any') assert.equal(`${found.width}x${found.width}`, sizes)
    }
  })
})
