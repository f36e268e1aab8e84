/** A site with a policy, and visitors who are watched. */
import type { Page } from 'puppeteer-core'
import { launchBrowser } from './browser.ts'
import { type DeployedSite, deploySite, untilStats } from './deployed-site.ts'
import { payloadBytes } from './payload.ts'
import { fileScope, type Lifetime } from './scope.ts'
import { startShoalTracker } from './trackers.ts'
import { type WatchedVisitor, watchedVisit } from './watched-visitor.ts'

export const FILE = 'assets/model-0a1b2c3d.bin'
export const FILE_BYTES = 3_000_000
export const OTHER = 'assets/other-1a2b3c4d.bin'

type Policy = Readonly<Record<string, number | string>>

interface PolicyStage {
  arrange(lifetime: Lifetime, policy: Policy): Promise<DeployedSite>
  arrive(lifetime: Lifetime, site: DeployedSite, prepare?: (page: Page) => Promise<unknown>): Promise<WatchedVisitor>
}

/** For all tests of a file. */
export function policyStage(): PolicyStage {
  const scope = fileScope()
  const chromium = launchBrowser(scope, 'chromium')
  const tracker = startShoalTracker(scope)
  return {
    async arrange(lifetime, policy) {
      const files = { [FILE]: payloadBytes(1, 0, FILE_BYTES), [OTHER]: payloadBytes(2, 0, 100_000) }
      return deploySite(lifetime, { files, trackers: [(await tracker).url], policy })
    },
    async arrive(lifetime, site, prepare) {
      const visitor = await watchedVisit(lifetime, await chromium, site, prepare)
      await untilStats(visitor.page, ({ version }) => version !== undefined)
      return visitor
    },
  }
}

export const fetchWhole = (page: Page, path: string): Promise<void> =>
  page.evaluate(url => shoal.prefetch(url), `/${path}`)
