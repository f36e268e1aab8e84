/** The tag that pages bear, and its version in pages that bear it already: pages are never listed, so that they can still be changed. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { SITE_NAMES } from '../../site/limits.ts'
import { siteUrl } from '../../site/paths.ts'
import { filesFromDisk } from '../disk-files.ts'
import { keyText } from './key-file.ts'

/** What a tag names. */
export interface Tagged {
  /** Ends in '/'. */
  readonly base: string
  /** That pages pin. */
  readonly key: Uint8Array
  readonly version: number
}

/** Attributes in the order in which the tag has them; true: without a value. */
export function tagAttributes({ base, key, version }: Tagged): Record<string, string | true> {
  return {
    async: true,
    src: pathOf(SITE_NAMES.script, base),
    'data-manifest': pathOf(SITE_NAMES.manifest, base),
    'data-key': keyText(key),
    'data-version': String(version),
  }
}

/** The line to paste. */
export function scriptTag(tagged: Tagged): string {
  const attributes = Object.entries(tagAttributes(tagged)).map(([name, value]) =>
    value === true ? name : `${name}="${value.replaceAll('&', '&amp;')}"`,
  )
  return `<script ${attributes.join(' ')}></script>`
}

/** Of a page that bears the tag. */
export interface TaggedPage {
  /** Relative to the site's folder. */
  readonly path: string
  readonly place: string
  /** With the version in it; undefined: it has it already. */
  readonly bytes: Uint8Array | undefined
  /** The compressed forms beside it, which are of the page as it was. */
  readonly stale: readonly string[]
}

/** The pages of a folder that bear the tag. */
export async function taggedPages(folder: string, site: Pick<Tagged, 'base' | 'version'>): Promise<TaggedPage[]> {
  const pages: TaggedPage[] = []
  for (const { path: named } of await filesFromDisk([folder])) {
    const path = named.slice(named.indexOf('/') + 1)
    if (!isPage(path)) continue
    const place = join(folder, ...path.split('/'))
    // One character a byte: whatever the page's encoding is, the rest of it stays as it is.
    const html = await readFile(place, 'latin1')
    const set = withVersion(html, { ...site, page: siteUrl(site.base, path) })
    if (set === undefined) continue
    const isSet = set === html
    const stale = isSet ? [] : ['.gz', '.br', '.zst'].map(end => path + end).filter(it => existsSync(join(folder, it)))
    pages.push({ path, place, bytes: isSet ? undefined : Buffer.from(set, 'latin1'), stale })
  }
  return pages
}

/** Whether this is HTML, by its name: never listed. */
export function isPage(path: string): boolean {
  return ['.html', '.htm', '.xhtml', '.shtml', '.php'].includes(extname(path).toLowerCase())
}

/**
 * A page with the version in its tag.
 * @returns undefined when it has no tag
 */
export function withVersion(
  html: string,
  { base, version, page }: Pick<Tagged, 'base' | 'version'> & { /** Its address. */ readonly page: string },
): string | undefined {
  const script = new URL(SITE_NAMES.script, base).href
  let isTagged = false
  const set = html.replace(/<script\s(?:[^>"']|"[^"]*"|'[^']*')*>/gi, tag => {
    const src = SRC.exec(tag)
    const address = (src?.[1] ?? src?.[2] ?? src?.[3] ?? '').replaceAll('&amp;', '&')
    if (!URL.canParse(address, page) || new URL(address, page).href !== script) return tag
    isTagged = true
    return DATA_VERSION.test(tag)
      ? tag.replace(DATA_VERSION, ` data-version="${version}"`)
      : tag.replace(/^<script/i, begin => `${begin} data-version="${version}"`)
  })
  return isTagged ? set : undefined
}

const SRC = attribute('src')
const DATA_VERSION = attribute('data-version')

/** An attribute and its value in double quotes, single ones or none. */
function attribute(name: string): RegExp {
  return new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i')
}

function pathOf(name: string, base: string): string {
  return new URL(name, base).pathname
}
