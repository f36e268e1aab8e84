/** bittorrent-tracker's own client, as WebTorrent has it, in a page: WebRTC in Node errs and stands still on a busy machine. */
import type { Browser } from 'puppeteer-core'
import { openVisitor } from './browser.ts'
import type { Act, TheirClientOptions, Told } from './page/their-client.ts'
import type { Lifetime } from './scope.ts'
import type { Site } from './site.ts'

/** For `startSite`. */
export const THEIR_MODULES = { '/their-client.js': 'test/e2e/support/page/their-client.ts' }

export interface TheirClient {
  act(what: Act): Promise<void>
  /** Takes the first that it told of under this name and nobody took yet, once it has come. */
  next<Name extends keyof Told>(name: Name): Promise<Told[Name]>
  /** To the peer that it found last. */
  send(text: string): Promise<void>
  /** Warnings and errors that nobody took. */
  complaints(): Promise<readonly string[]>
}

export async function startTheirClient(
  lifetime: Lifetime,
  { browser, site, ...options }: TheirClientOptions & { readonly browser: Browser; readonly site: Site },
): Promise<TheirClient> {
  const page = await openVisitor(lifetime, browser, site.url)
  await page.addScriptTag({ url: '/their-client.js', type: 'module' })
  await page.evaluate(options => theirs.open(options), options)
  return {
    act: what => page.evaluate(what => theirs.act(what), what),
    next: <Name extends keyof Told>(name: Name) =>
      page.evaluate(name => theirs.next(name), name as keyof Told) as Promise<Told[Name]>,
    send: text => page.evaluate(text => theirs.send(text), text),
    complaints: () => page.evaluate(() => theirs.complaints),
  }
}
