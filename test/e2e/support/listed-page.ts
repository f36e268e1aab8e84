/** Pages of a listed site: with the worker or without, with what they need to be looked into. */
import type { Browser, Page } from 'puppeteer-core'
import { openVisitor } from './browser.ts'
import type { ListedSite } from './listed-site.ts'
import type { Lifetime } from './scope.ts'

/** Another visitor. @param worker script that takes control; undefined: none */
export async function visitListed(
  lifetime: Lifetime,
  { browser, origin, worker }: { browser: Browser; origin: ListedSite; worker?: string | undefined },
): Promise<Page> {
  const page = await openVisitor(lifetime, browser, origin.url)
  await page.addScriptTag({ type: 'module', url: '/site.js' })
  await page.waitForFunction(() => globalThis.site !== undefined)
  if (worker !== undefined) await page.evaluate(script => site.control(script), worker)
  return page
}

/** Puts pieces of a file into a page's store, all unless they are named; and their hashes. */
export async function fillStore(
  page: Page,
  origin: ListedSite,
  { path, bytes, pieces }: { path: string; bytes: Uint8Array; pieces?: readonly number[] | undefined },
): Promise<void> {
  const facts = origin.facts[path]!
  await page.evaluate(facts => site.putLayer(facts), facts)
  const chosen = pieces ?? Array.from({ length: facts.pieceCount }, (_, piece) => piece)
  await page.evaluate((...args) => site.putPieces(...args), facts, Buffer.from(bytes).toString('base64'), [...chosen])
}
