/** What a site's commands are given: the configuration, and the command line, which comes first. */
import { readConfig, type SiteConfig } from '../site/config.ts'
import { baseOf, type SiteSettings, settingsOf } from '../site/settings.ts'
import { UsageError } from './failure.ts'

/** As commander gives them. */
export interface SiteArguments {
  readonly config?: string
  readonly origin?: string
  readonly tracker?: readonly string[]
  readonly key?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly immutable?: readonly string[]
  readonly scripts?: boolean
  readonly minSize?: number
  readonly twins?: boolean
  readonly hybrid?: boolean
  readonly expiresDays?: number
  readonly webSeed?: readonly string[]
  /** `--cache FILE`, or false for `--no-cache`. */
  readonly cache?: string | boolean
  readonly policy?: Readonly<Record<string, number | string>>
  readonly probe?: boolean
}

export interface SiteOptions extends SiteSettings {
  readonly folder: string
  /** Ends in '/'; undefined: none was named. */
  readonly base: string | undefined
}

/**
 * @param dir the argument
 * @throws UsageError when something is missing, ShoalError `invalid-argument` naming what cannot be
 */
export async function readSiteOptions(dir: string | undefined, given: SiteArguments): Promise<SiteOptions> {
  const fromFile = await readConfig(given.config, process.cwd())
  const config = { ...fromFile, ...asConfig(given), policy: { ...fromFile.policy, ...given.policy } }
  const folder = dir ?? config.dir
  if (folder === undefined) throw new UsageError('Name the folder of the built site, or "dir" in shoal.config.json.')
  const base = config.origin === undefined ? undefined : baseOf(config.origin)
  return { ...settingsOf(config, process.cwd()), folder, base }
}

/** What was given, in the words of the configuration. */
function asConfig(given: SiteArguments): SiteConfig {
  const config: { [K in keyof SiteConfig]: SiteConfig[K] | undefined } = {
    origin: given.origin,
    trackers: given.tracker,
    key: given.key,
    include: given.include,
    exclude: given.exclude,
    immutable: given.immutable,
    scripts: given.scripts,
    minBytes: given.minSize,
    // Commander has true where neither --cache nor --no-cache, --twins nor --no-twins was given.
    twins: given.twins === false ? false : undefined,
    cache: given.cache === true ? undefined : given.cache,
    hybrid: given.hybrid,
    expiresDays: given.expiresDays,
    webSeeds: given.webSeed,
    probe: given.probe,
  }
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
