/** What a visitor of a site tells of its addresses, read off its sockets. */
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import type { Page } from 'puppeteer-core'
import { startTracker } from '../../tracker/index.ts'
import type { TrackerOptions } from '../../tracker/index.ts'
import { launchBrowser } from './support/browser.ts'
import { type DeployedOptions, deploySite, untilReady, untilStats, visit } from './support/deployed-site.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope, type Lifetime } from './support/scope.ts'
import { missingTurn, startTurn } from './support/turn.ts'

const scope = fileScope()
const chromium = launchBrowser(scope, 'chromium')

const MODEL = 'assets/model-1a2b3c4d.bin'
const noTurn = missingTurn()

/** A page and what it sends to trackers. */
interface Watched {
  readonly page: Page
  readonly sent: string[]
  /** Resolves when it has sent this. */
  says(pattern: RegExp): Promise<void>
}

async function watched(t: Lifetime, url: string): Promise<Watched> {
  const { page } = await visit(t, await chromium, 'about:blank')
  const session = await page.createCDPSession()
  const sent: string[] = []
  let heard = (): void => {}
  session.on('Network.webSocketFrameSent', ({ response }) => {
    sent.push(response.payloadData)
    heard()
  })
  await session.send('Network.enable')
  await page.goto(url)
  await untilReady(page)
  await untilStats(page, ({ isOn }) => isOn)
  const says = async (pattern: RegExp): Promise<void> => {
    while (!sent.some(text => pattern.test(text))) {
      await new Promise<void>(resolve => {
        heard = resolve
      })
    }
  }
  return { page, sent, says }
}

/** Two visitors; the second wants what the first has. */
async function meeting(t: Lifetime, policy: DeployedOptions['policy'], options: TrackerOptions = {}) {
  const tracker = await startTracker({ port: 0, host: 'localhost', ...options })
  t.after(() => tracker.close())
  const files = { [MODEL]: payloadBytes(1, 0, 900_000) }
  const given = { consent: 'automatic', ...policy }
  const site = await deploySite(t, { files, trackers: [tracker.url], policy: given })
  const prefetch = ({ page }: Watched) => page.evaluate(path => void shoal.prefetch(path), `/${MODEL}`)
  const first = await watched(t, site.url)
  await prefetch(first)
  await untilStats(first.page, ({ files }) => files.some(({ verified, bytes }) => verified === bytes))
  const second = await watched(t, site.url)
  // Nobody else has it any more.
  site.cut()
  await prefetch(second)
  return [first, second] as const
}

/** Types of the candidates in what was sent, each once. */
function candidateTypes({ sent }: Watched): string[] {
  return [...new Set(sent.flatMap(text => [...text.matchAll(/ typ (\w+)/g)].map(([, type]) => type!)))].sort()
}

describe('the addresses of a visitor', () => {
  it('of the local network stay in the page', { timeout: 120_000 }, async t => {
    const [first, second] = await meeting(t, {})
    await second.says(/"offer":\{/)
    await first.says(/"answer":\{/)
    const own = Object.values(networkInterfaces()).flatMap(list => list?.filter(({ internal }) => !internal) ?? [])
    for (const text of [...first.sent, ...second.sent]) {
      assert.doesNotMatch(text, / typ host|\.local/)
      for (const { address } of own) assert.ok(!text.includes(address), text)
    }
  })

  it('of the local network are told where the owner asks for that', { timeout: 120_000 }, async t => {
    const [, second] = await meeting(t, { lan: 1 })
    await second.says(/ typ host/)
    await untilStats(second.page, ({ peers }) => peers > 0)
  })

  it('are those of relays alone where the owner wants no other, and bytes come through them', {
    skip: noTurn,
    timeout: 120_000,
  }, async t => {
    const visitors = await meeting(t, { 'relay-only': 1, lan: 1 }, { iceServers: [await startTurn(t)] })
    await untilStats(visitors[1].page, ({ peers }) => peers > 0)
    for (const visitor of visitors) assert.deepEqual(candidateTypes(visitor), ['relay'])
    for (const { sent } of visitors) for (const text of sent) assert.doesNotMatch(text, /raddr (?!0\.0\.0\.0 )/)
  })
})
