/**
 * `shoal/rollup`: what `shoal build` does, at the end of a Rollup or Vite build, with the same options. Vite's pages get the tag; in
 * development it does nothing.
 *
 * Pages are never listed, so that their tag can be given its version when the manifest is made, after everything was written.
 */
import { resolve } from 'node:path'
import { ShoalError } from '../errors.ts'
import { isInside } from './confined-folder.ts'
import { buildSite, checkKeyPlace } from './site/build.ts'
import { checkConfig, readConfig, type SiteConfig, withPlaces } from './site/config.ts'
import { type AssetNames, type BundledFile, isHashed } from './site/fingerprints.ts'
import { readKeyFile, type SiteKey } from './site/key-file.ts'
import { probeSite } from './site/probe.ts'
import { reportOf } from './site/report.ts'
import { baseOf, type SiteSettings, settingsOf } from './site/settings.ts'
import { scriptTag, tagAttributes } from './site/tag.ts'

export type { SiteConfig } from './site/config.ts'

/** What the plugin needs of Rollup's context; Vite's names the environment that is built. */
interface Context {
  info(message: string): void
  warn(message: string): void
  readonly environment?: { readonly config: { readonly consumer?: string } }
}

/** What it needs of Rollup's output options. */
interface Output {
  readonly dir?: string | undefined
  readonly file?: string | undefined
  readonly assetFileNames: AssetNames
}

/** What it needs of Vite's configuration. */
interface ViteConfig {
  readonly root: string
  readonly base: string
}

interface HtmlTag {
  tag: string
  attrs: Record<string, string | true>
  injectTo: 'body'
}

/** A plugin for Rollup 4 and Vite 5 and later. */
export interface ShoalPlugin {
  readonly name: 'shoal'
  apply(config: { readonly build?: { readonly ssr?: unknown } }, env: { readonly command: string }): boolean
  configResolved(config: ViteConfig): void
  buildStart(this: Context): Promise<void>
  readonly transformIndexHtml: { readonly order: 'post'; handler(): HtmlTag[] }
  renderError(): void
  writeBundle(this: Context, output: Output, bundle: Readonly<Record<string, BundledFile>>): void
  readonly closeBundle: { readonly order: 'post'; readonly sequential: true; handler(this: Context): Promise<void> }
  /** For configurations that write pages themselves. */
  readonly api: {
    /** The tag for a page's head, from the beginning of the build on. Its version is set when the build ends. */
    tag(): string
  }
}

/** What was asked for, and the key that signs. */
interface Site {
  readonly settings: SiteSettings
  readonly base: string
  readonly key: SiteKey
  /** Of the site, where it is not the folder that is written. */
  readonly dir: string | undefined
}

/**
 * @param options come before those of `shoal.config.json` in the project's folder, which paths are relative to; `dir` is the folder that
 * the bundle is written to, where it is not named
 */
export function shoal(options: SiteConfig = {}): ShoalPlugin {
  let vite: ViteConfig | undefined
  let site: Site | undefined
  let isFailed = false
  const outputs = new Map<string, Map<string, boolean>>()

  return {
    name: 'shoal',

    apply: ({ build }, { command }) => command === 'build' && !build?.ssr,

    configResolved(config) {
      vite = config
    },

    async buildStart() {
      isFailed = false
      outputs.clear()
      site = await readSite(options, vite?.root ?? process.cwd())
      for (const warning of site.key.warnings) this.warn(`${warning}.`)
      const base = vite === undefined || /^(?:\.\/)?$/.test(vite.base) ? site.base : new URL(vite.base, site.base).href
      const { hosts } = site.settings
      if (![site, ...hosts].some(place => place.base === base))
        this.warn(`Vite's base is ${base}, and the site is at ${site.base}: what is listed is not what pages ask for.`)
    },

    transformIndexHtml: {
      order: 'post',
      handler: () => [{ tag: 'script', attrs: tagAttributes(tagged(site)), injectTo: 'body' }],
    },

    renderError() {
      isFailed = true
    },

    writeBundle({ dir, file, assetFileNames }, bundle) {
      if (this.environment?.config.consumer === 'server') return
      const folder = resolve(dir ?? resolve(file!, '..'))
      const written = outputs.get(folder) ?? new Map<string, boolean>()
      for (const entry of Object.values(bundle))
        written.set(resolve(folder, entry.fileName), isHashed(entry, assetFileNames))
      outputs.set(folder, written)
    },

    closeBundle: {
      // What other plugins still write, twins above all, is to be there.
      order: 'post',
      sequential: true,
      async handler() {
        if (site !== undefined && outputs.size > 0 && !isFailed) await finish(site, outputs, this)
      },
    },

    api: { tag: () => scriptTag(tagged(site)) },
  }
}

async function readSite(options: SiteConfig, root: string): Promise<Site> {
  const given = withPlaces(checkConfig(options, 'shoal()'), root)
  const fromFile = await readConfig(undefined, root)
  const config: SiteConfig = {
    key: resolve(root, 'shoal.key'),
    ...fromFile,
    ...given,
    policy: { ...fromFile.policy, ...given.policy },
  }
  const settings = settingsOf(config, root)
  const missing = (what: string): never => {
    throw new ShoalError('invalid-argument', `Name ${what}, in the options of shoal() or in shoal.config.json.`)
  }
  if (config.origin === undefined) missing('the address of the site with "origin", as "https://example.org/"')
  if (settings.trackers.length === 0)
    missing('the tracker at which visitors meet with "trackers", as ["wss://tracker.example"]')
  const key = await readKeyFile(settings.keyFile)
  return { settings, base: baseOf(config.origin!), key, dir: config.dir }
}

/** The tag before its version is known: the build sets it in every page. */
function tagged(site: Site | undefined): { base: string; key: Uint8Array; version: number } {
  if (site === undefined)
    throw new ShoalError('invalid-argument', 'The tag is known from the beginning of the build on.')
  return { base: site.base, key: site.key.key, version: 0 }
}

async function finish(
  { settings, base, key, dir }: Site,
  outputs: ReadonlyMap<string, ReadonlyMap<string, boolean>>,
  context: Context,
): Promise<void> {
  // Outputs are written side by side, in any order: the folder that may hold the others has the shortest path.
  const folder = dir ?? [...outputs.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))[0]!
  const outside = [...outputs.keys()].find(output => output !== folder && !isInside(output, folder))
  if (outside !== undefined) {
    const what = `${outside} is written, which is outside of the site's folder ${folder}.`
    throw new ShoalError('invalid-argument', `${what} Name the folder that has all of it with "dir".`)
  }
  await checkKeyPlace(settings.keyFile, { folder, hosts: settings.hosts })
  const { signal } = new AbortController()
  const result = await buildSite({
    ...settings,
    folder,
    base,
    key,
    signal,
    fingerprinted: new Map([...outputs.values()].flatMap(files => [...files])),
    onProgress: () => undefined,
    onSkip: (path, why) => context.warn(`${path} is left out: ${why}.`),
  })
  const { remarks, warnings, results } = reportOf(result)
  const found = settings.probe ? await probeSite(result.manifest, signal) : { facts: [], warnings: [] }
  for (const warning of [...warnings, ...found.warnings.map(warning => `probe: ${warning}.`)]) context.warn(warning)
  context.info([...remarks, ...found.facts.map(fact => `probe: ${fact}`), ...results].join('\n'))
}
