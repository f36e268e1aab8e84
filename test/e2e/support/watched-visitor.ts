/** A visitor of a site whose browser tells what left it: sockets, connections, and what was said to trackers. */
import type { Browser, Page } from 'puppeteer-core'
import { type DeployedSite, type Visitor, visit } from './deployed-site.ts'
import type { Lifetime } from './scope.ts'

export interface WatchedVisitor extends Visitor {
  /** WebSockets that were opened, ever. */
  readonly sockets: number
  /** Texts that left over them. */
  readonly said: readonly string[]
  /** RTCPeerConnections that the page has made, ever. */
  connectionsMade(): Promise<number>
  /** Resolves with the first text that left, or leaves, and matches. */
  untilSaid(pattern: RegExp): Promise<string>
}

/** Chromium's. @param prepare what is done to the page before it goes there */
export async function watchedVisit(
  lifetime: Lifetime,
  browser: Browser,
  site: DeployedSite,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<WatchedVisitor> {
  const said: string[] = []
  let sockets = 0
  let wake = (): void => {}
  const visitor = await visit(lifetime, browser, site.url, async page => {
    const devtools = await page.createCDPSession()
    devtools.on('Network.webSocketCreated', () => sockets++)
    devtools.on('Network.webSocketFrameSent', ({ response }) => {
      said.push(response.payloadData)
      wake()
    })
    await devtools.send('Network.enable')
    await page.evaluateOnNewDocument(() => {
      const Plain = RTCPeerConnection
      globalThis.connectionsMade = 0
      globalThis.RTCPeerConnection = class extends Plain {
        constructor(configuration?: RTCConfiguration) {
          super(configuration)
          globalThis.connectionsMade++
        }
      }
    })
    await prepare?.(page)
  })
  return {
    ...visitor,
    said,
    get sockets() {
      return sockets
    },
    connectionsMade: () => visitor.page.evaluate(() => globalThis.connectionsMade),
    async untilSaid(pattern) {
      for (;;) {
        const found = said.find(text => pattern.test(text))
        if (found !== undefined) return found
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
  }
}

declare global {
  var connectionsMade: number
}
