/** Pictures of pages for people to look at. */
import type { CDPSession, Page } from 'puppeteer-core'

export interface Look {
  readonly name: string
  readonly width: number
  readonly scheme: 'light' | 'dark'
  readonly isForced?: boolean
}

export const LOOKS: readonly Look[] = [
  { name: 'light', scheme: 'light', width: 1000 },
  { name: 'dark', scheme: 'dark', width: 1000 },
  { name: 'phone', scheme: 'light', width: 360 },
]
export const FORCED: Look = { name: 'forced', scheme: 'dark', width: 1000, isForced: true }
/** Firefox takes no other colours from outside. */
export const FIREFOX_LOOKS: readonly Look[] = [
  { name: 'firefox', scheme: 'light', width: 1000 },
  { name: 'firefox-phone', scheme: 'light', width: 360 },
]
const sessions = new WeakMap<Page, Promise<CDPSession>>()

/** Takes a picture of the whole page in a look, as `STEM-LOOK.png`. */
export async function picture(page: Page, stem: string, look: Look, isFirefox = false): Promise<void> {
  await page.setViewport({ width: look.width, height: 700 })
  if (!isFirefox) {
    const session = await sessionOf(page)
    const features = [
      { name: 'prefers-color-scheme', value: look.scheme },
      { name: 'forced-colors', value: look.isForced ? 'active' : 'none' },
    ]
    await session.send('Emulation.setEmulatedMedia', { features })
    // A viewport with touch would load the page anew.
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: look.width < 500 })
  }
  // Drawn anew at the page's next look at its figures.
  if ((await page.$('.details')) !== null) await new Promise(resolve => setTimeout(resolve, 400))
  await page.screenshot({ path: `${stem}-${look.name}.png`, fullPage: true })
}

/** What it emulates ends with it. */
function sessionOf(page: Page): Promise<CDPSession> {
  const session = sessions.get(page) ?? page.createCDPSession()
  sessions.set(page, session)
  return session
}
