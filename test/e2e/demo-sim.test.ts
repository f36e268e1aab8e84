/** The simulator's page in a real browser: it plays, steps and completes, and its address holds what is shown. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Browser, Page } from 'puppeteer-core'
import { readSettings } from '../../demo/sim/settings.ts'
import { createSwarm } from '../../demo/sim/swarm.ts'
import { launchBrowser } from './support/browser.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { startSharePage } from './support/share-page.ts'

const PHONE = { width: 390, height: 844 }
const WAIT = { timeout: 60_000 }
const LIMIT_MS = 3_600_000

const scope = fileScope()
let browser: Browser
let address = ''

before(async () => {
  browser = await launchBrowser(scope, 'chromium')
  address = (await startSharePage(scope)).address
})

/** Opens the page; whatever it complains of fails the test. */
async function open(lifetime: Lifetime, search: string, motion: 'reduce' | 'no-preference'): Promise<Page> {
  const context = await browser.createBrowserContext()
  lifetime.after(() => (browser.connected ? context.close() : undefined))
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  lifetime.after(() => assert.deepEqual(complaints, []))
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: motion }])
  await page.setViewport(PHONE)
  await page.goto(new URL(`sim.html${search}`, address).href)
  await page.waitForSelector('.numbers')
  return page
}

async function click(page: Page, label: string): Promise<void> {
  const button = await page.waitForSelector(`::-p-xpath(//button[normalize-space()="${label}"])`, WAIT)
  await button!.click()
}

/** A figure by its label. */
function figure(page: Page, label: string): Promise<string> {
  return page.$eval(`::-p-xpath(//dt[.="${label}"]/following-sibling::dd)`, element => element.textContent ?? '')
}

/** How many different colours a canvas shows. */
function coloursOf(page: Page, selector: string): Promise<number> {
  return page.$eval(selector, element => {
    const canvas = element as HTMLCanvasElement
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    return new Set(new Uint32Array(data.buffer)).size
  })
}

describe('the simulator’s page', () => {
  it('waits for those who want no motion, steps, plays, and comes to what the command comes to', async test => {
    const search = '?seed=9&peers=5&upload=20'
    const page = await open(test, search, 'reduce')
    assert.equal(await figure(page, 'Time'), '0.0 s')
    assert.ok((await coloursOf(page, '#swarm')) > 3)
    await click(page, 'Step')
    await click(page, 'Step')
    assert.equal(await figure(page, 'Time'), '0.5 s')
    await page.select('#speed', '16')
    await click(page, 'Play')
    await page.waitForFunction(() => document.querySelector('#status')?.textContent, WAIT)
    await page.waitForSelector('::-p-xpath(//button[normalize-space()="Play"])', WAIT)
    assert.equal(await figure(page, 'Complete'), '5 of 5')
    assert.equal(await figure(page, 'Median'), '100 %')

    const world = createSwarm(readSettings(search))
    world.run(LIMIT_MS)
    const seconds = (world.ledger.lastDoneAt(world.leeches) / 1000).toFixed(1)
    const said = await page.$eval('#status', element => element.textContent)
    assert.equal(said, `Everybody has the file after ${seconds} seconds.`)
    assert.match(await page.$eval('#swarm', element => element.getAttribute('aria-label') ?? ''), /5 of 5 have/)
  })

  it('plays at once, pauses, and keeps its settings in its address', async test => {
    const page = await open(test, '?seed=2&peers=20', 'no-preference')
    await page.waitForFunction(() => !document.querySelector('dd')?.textContent?.startsWith('0.0'), WAIT)
    await click(page, 'Pause')
    const stoppedAt = await figure(page, 'Time')
    await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    assert.equal(await figure(page, 'Time'), stoppedAt)

    await page.focus('#peers')
    await page.keyboard.press('ArrowRight')
    await page.click('#origin')
    assert.equal(new URL(page.url()).search, '?seed=2&peers=21&origin=on')
    assert.equal(await figure(page, 'Complete'), '0 of 21')
    await page.reload()
    await page.waitForSelector('.numbers')
    assert.equal(await page.$eval('#peers', element => (element as HTMLInputElement).value), '21')
    assert.equal(await page.$eval('#origin', element => (element as HTMLInputElement).checked), true)
  })

  it('shows with whom the dot under the pointer is connected', async test => {
    const page = await open(test, '?seed=2&peers=8', 'reduce')
    for (let step = 0; step < 20; step++) await click(page, 'Step')
    const canvas = await page.$('#swarm')
    const box = (await canvas!.boundingBox())!
    // The seed stands in the middle.
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    const said = await page.$eval('#about', element => element.textContent ?? '')
    assert.match(said, /^seed · 100 % · 4\.0 Mbit\/s up · [1-9]\d* connections? · sent/)
  })

  it('fits a phone, and every control has a name', async test => {
    const page = await open(test, '', 'reduce')
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(width <= PHONE.width, `${width} px wide`)
    const nameless = await page.$$eval('input, select, button', elements =>
      elements
        .filter(element => {
          const labels = 'labels' in element ? (element.labels as NodeList | null) : null
          return !element.textContent?.trim() && !element.getAttribute('aria-label') && !labels?.length
        })
        .map(element => element.outerHTML),
    )
    assert.deepEqual(nameless, [])
  })

  it('is linked from the share page', async test => {
    const page = await open(test, '', 'reduce')
    await page.goto(address)
    await Promise.all([page.waitForNavigation(), page.click('footer a[href="sim.html"]')])
    assert.equal(new URL(page.url()).pathname, '/sim.html')
  })
})
