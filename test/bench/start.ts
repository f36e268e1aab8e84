/**
 * What Shoal's start costs the thread that paints, on a processor four times as slow: line 10 of what sites must show. From the navigation until a tab has
 * announced itself to the tracker, beside the same page without the tag.
 */
import type { Browser } from 'puppeteer-core'
import { type DeployedSite, deploySite, openPage } from '../e2e/support/deployed-site.ts'
import { pictureBytes } from '../e2e/support/payload.ts'
import { Scope } from '../e2e/support/scope.ts'
import { type Bench, interleave } from './bench.ts'

const PICTURE = 'assets/one-0a1b2c3d.png'
const SLOWER = 4

interface Cost {
  /** Processor time of the page's main thread that scripts took, compiled and run. */
  readonly scriptMs: number
  /** All that it did: messages of the browser's other processes, database and worker among them, and frames. */
  readonly tasksMs: number
}

export const start: Bench = {
  name: 'start',
  title: 'main-thread time of the page script and of the worker’s start, CPU four times as slow',
  secondsPerRun: 4,
  async run(ground) {
    const scope = new Scope()
    ground.scope.after(() => scope.close())
    const { browser } = ground
    try {
      const site = await deploySite(scope, {
        files: { [PICTURE]: pictureBytes(1, 40_000) },
        trackers: [ground.trackerUrl],
        policy: { consent: 'automatic', lan: 1, badge: 1 },
        body: `<img src="/${PICTURE}" alt="" width="100" height="100">`,
      })
      // The page as it is, but for the tag.
      const path = '/without.html'
      const page = (await (await fetch(site.url)).text()).replace(/<script.*<\/script>/, '')
      site.answer(path, { body: Buffer.from(page) })
      const costs = await interleave(ground, {
        on: () => costOf(browser, site, '/'),
        off: () => costOf(browser, site, path),
      })
      const added = (figure: keyof Cost): number[] =>
        costs.on!.map((cost, i) => cost[figure] - (costs.off![i]?.[figure] ?? 0))
      const what = `start, CPU ${SLOWER} × slower`
      return [
        { what: `${what}: main thread, scripts`, values: added('scriptMs'), unit: 'ms', goal: { atMost: 60 } },
        { what: `${what}: main thread, all tasks`, values: added('tasksMs'), unit: 'ms' },
      ]
    } finally {
      await scope.close()
    }
  },
}

async function costOf(browser: Browser, site: DeployedSite, path: string): Promise<Cost> {
  const context = await browser.createBrowserContext()
  try {
    const page = await openPage(context, 'about:blank')
    const devtools = await page.createCDPSession()
    // Processor time, lest others on this machine count.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
    // Told by the browser: what asked the page would count.
    await devtools.send('Network.enable')
    const joined = new Promise(resolve => devtools.once('Network.webSocketFrameSent', resolve))
    await page.goto(new URL(path, site.url).href)
    if (path === '/') await joined
    const { metrics } = await devtools.send('Performance.getMetrics')
    const msOf = (wanted: string): number => (metrics.find(({ name }) => name === wanted)?.value ?? 0) * 1000
    return { tasksMs: msOf('TaskDuration'), scriptMs: msOf('ScriptDuration') }
  } finally {
    await context.close()
  }
}
