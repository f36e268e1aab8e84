/** Shapes a Chromium page's network, WebRTC included. */
import type { CDPSession, Page } from 'puppeteer-core'

export interface NetworkConditions {
  /** Added to what leaves the page and to what reaches it, in ms: one page with 50 makes a round trip of 100. @default 0 */
  readonly latencyMs?: number
  /** @default unlimited */
  readonly uploadBytesPerSecond?: number
  /** @default unlimited */
  readonly downloadBytesPerSecond?: number
}

/** One each: conditions set by several sessions do not replace each other. */
const sessions = new WeakMap<Page, CDPSession>()

/**
 * Applies until the page closes or the next call. Chromium decides when a page makes its first WebRTC socket whether it
 * is shaped: call it before, else the call has no effect on WebRTC.
 */
export async function shapeNetwork(page: Page, conditions: NetworkConditions): Promise<void> {
  let session = sessions.get(page)
  if (session === undefined) {
    session = await page.createCDPSession()
    sessions.set(page, session)
    await session.send('Network.enable')
  }
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: conditions.latencyMs ?? 0,
    uploadThroughput: conditions.uploadBytesPerSecond ?? -1,
    downloadThroughput: conditions.downloadBytesPerSecond ?? -1,
  })
}
