/** What a site's commands are given: the configuration, and the command line, which comes first. */
import { resolve } from 'node:path'
import { isBase } from '../../site/paths.ts'
import { readConfig, type SiteConfig } from '../site/config.ts'
import { EXPIRES_DAYS } from '../site/head.ts'
import { FILE_BYTES_MIN, type Selection } from '../site/select.ts'
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
  readonly expiresDays?: number
  readonly webSeed?: readonly string[]
  /** `--cache FILE`, or false for `--no-cache`. */
  readonly cache?: string | boolean
  readonly policy?: Readonly<Record<string, number | string>>
  readonly probe?: boolean
}

export interface SiteOptions {
  readonly folder: string
  /** Ends in '/'; undefined: none was named. */
  readonly base: string | undefined
  readonly trackers: readonly string[]
  /** Path of the key file. */
  readonly keyFile: string
  readonly selection: Selection
  readonly twins: boolean
  readonly expiresDays: number
  readonly webSeeds: readonly string[]
  readonly origins: readonly string[]
  readonly policy: Readonly<Record<string, number | string>>
  readonly cacheFile: string | undefined
  readonly probe: boolean
}

const KEY_DEFAULT = 'shoal.key'
const CACHE_DEFAULT = '.shoal-cache.json'

/**
 * @param dir the argument
 * @throws UsageError when something is missing or cannot be, ShoalError `invalid-argument` naming the bad key of the configuration
 */
export async function readSiteOptions(dir: string | undefined, given: SiteArguments): Promise<SiteOptions> {
  const config = await readConfig(given.config, process.cwd())
  const folder = dir ?? config.dir
  if (folder === undefined) throw new UsageError('Name the folder of the built site, or "dir" in shoal.config.json.')
  const origin = given.origin ?? config.origin
  return {
    folder,
    base: origin === undefined ? undefined : baseOf(origin),
    trackers: given.tracker ?? config.trackers ?? [],
    keyFile: given.key ?? config.key ?? KEY_DEFAULT,
    selection: selectionOf(given, config),
    twins: given.twins === false ? false : (config.twins ?? true),
    expiresDays: given.expiresDays ?? config.expiresDays ?? EXPIRES_DAYS,
    webSeeds: given.webSeed ?? config.webSeeds ?? [],
    origins: config.origins ?? [],
    policy: { ...config.policy, ...given.policy },
    cacheFile: cacheOf(given, config),
    probe: given.probe ?? config.probe ?? false,
  }
}

function selectionOf(given: SiteArguments, config: SiteConfig): Selection {
  return {
    include: given.include ?? config.include ?? ['**'],
    exclude: given.exclude ?? config.exclude ?? [],
    immutable: given.immutable ?? config.immutable ?? [],
    scripts: given.scripts ?? config.scripts ?? false,
    minBytes: given.minSize ?? config.minBytes ?? FILE_BYTES_MIN,
    types: config.types ?? {},
  }
}

function cacheOf(given: SiteArguments, config: SiteConfig): string | undefined {
  // Commander has true where neither --cache nor --no-cache was given.
  const cache = typeof given.cache === 'string' ? given.cache : given.cache === false ? false : config.cache
  return cache === false ? undefined : resolve(cache ?? CACHE_DEFAULT)
}

/** `https://example.org/app` → `https://example.org/app/`. */
function baseOf(origin: string): string {
  const sentence = `${origin} is no address of a site. Give it as https://example.org/ or https://example.org/app/.`
  if (!URL.canParse(origin)) throw new UsageError(sentence)
  const { href } = new URL(origin)
  const base = href.endsWith('/') ? href : `${href}/`
  if (!isBase(base)) throw new UsageError(sentence)
  return base
}
