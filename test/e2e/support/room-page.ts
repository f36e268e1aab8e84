/** Persons in a room: they come in, talk, change, share and leave as people do, in real browsers. */
import type { Page } from 'puppeteer-core'
import type { Lifetime } from './scope.ts'
import { click, visit, type VisitOptions, WAIT } from './share-page.ts'

/** Opens a room at a server's address, or comes into the one that a link leads to. */
export async function enterRoom(lifetime: Lifetime, url: string, name: string, options: VisitOptions): Promise<Page> {
  const page = await visit(lifetime, url, options)
  await page.waitForSelector('#name')
  await page.type('#name', name)
  await click(page, /^(Open a room|Join)$/)
  await page.waitForSelector('.room', WAIT)
  return page
}

export function roomLink(page: Page): Promise<string> {
  return page.$eval('#link', input => (input as HTMLInputElement).value)
}

/** Waits until exactly these are here, oneself first and the others in any order: `Ann – you, here`. */
export async function people(page: Page, expected: readonly string[]): Promise<void> {
  await page.waitForFunction(
    expected => {
      const [own = '', ...others] = [...document.querySelectorAll('.people li')].map(
        ({ textContent }) => textContent ?? '',
      )
      return [own, ...others.sort()].join('|') === expected
    },
    WAIT,
    [expected[0], ...expected.slice(1).sort()].join('|'),
  )
}

export async function say(page: Page, text: string): Promise<void> {
  await page.type('#message', text)
  await page.keyboard.press('Enter')
}

/** What has been said, each line as `name: text`, once there are so many. */
export async function lines(page: Page, count: number): Promise<string[]> {
  await page.waitForFunction(count => document.querySelectorAll('.log .text').length >= count, WAIT, count)
  return page.$$eval('.log .text', found =>
    found.map(text => `${text.parentElement?.querySelector('.who')?.textContent}: ${text.textContent}`),
  )
}

/** Waits until the log tells of it. */
export async function news(page: Page, pattern: RegExp): Promise<void> {
  await page.waitForFunction(
    source => [...document.querySelectorAll('.log .news')].some(row => new RegExp(source).test(row.textContent ?? '')),
    WAIT,
    pattern.source,
  )
}

/** Waits until a file of the room is in a state: own, offered, looking, arriving, arrived, failed. */
export async function fileIn(page: Page, state: string): Promise<string> {
  const row = await page.waitForSelector(`.room-files li[data-state="${state}"]`, WAIT)
  return row!.evaluate(element => element.querySelector('.what')?.textContent ?? '')
}
