/** A site's options with every default in place, for the command line and for the plugin alike. */
import { resolve } from 'node:path'
import { ShoalError } from '../../errors.ts'
import { isBase } from '../../site/paths.ts'
import type { BuildOptions } from './build.ts'
import type { SiteConfig } from './config.ts'
import { EXPIRES_DAYS } from './head.ts'
import { FILE_BYTES_MIN } from './select.ts'

const KEY_DEFAULT = 'shoal.key'
const CACHE_DEFAULT = '.shoal-cache.json'

type FromConfig =
  | 'trackers'
  | 'webSeeds'
  | 'hosts'
  | 'policy'
  | 'selection'
  | 'twins'
  | 'hybrid'
  | 'expiresDays'
  | 'cacheFile'

export interface SiteSettings extends Pick<BuildOptions, FromConfig> {
  /** Path of the key file. */
  readonly keyFile: string
  readonly probe: boolean
}

/**
 * @param root that the default cache lies in
 * @throws ShoalError `invalid-argument` when the site's own host is among the others
 */
export function settingsOf(config: SiteConfig, root: string): SiteSettings {
  const hosts = Object.entries(config.origins ?? {}).map(([base, folder]) => ({ base, folder }))
  const own = hosts.find(({ base }) => config.origin !== undefined && isSameOrigin(base, config.origin))
  if (own !== undefined)
    throw new ShoalError(
      'invalid-argument',
      `"origins" has ${own.base}, which is on the site's own host: name others only.`,
    )
  return {
    trackers: config.trackers ?? [],
    webSeeds: config.webSeeds ?? [],
    hosts,
    policy: config.policy ?? {},
    selection: {
      include: config.include ?? ['**'],
      exclude: config.exclude ?? [],
      immutable: config.immutable ?? [],
      scripts: config.scripts ?? false,
      minBytes: config.minBytes ?? FILE_BYTES_MIN,
      types: config.types ?? {},
    },
    twins: config.twins ?? true,
    hybrid: config.hybrid ?? false,
    expiresDays: config.expiresDays ?? EXPIRES_DAYS,
    cacheFile: config.cache === false ? undefined : resolve(root, config.cache ?? CACHE_DEFAULT),
    keyFile: config.key ?? KEY_DEFAULT,
    probe: config.probe ?? false,
  }
}

function isSameOrigin(...addresses: readonly string[]): boolean {
  return new Set(addresses.map(text => (URL.canParse(text) ? new URL(text).origin : text))).size === 1
}

/**
 * `https://example.org/app` → `https://example.org/app/`.
 * @throws ShoalError `invalid-argument`
 */
export function baseOf(origin: string): string {
  const { href } = URL.canParse(origin) ? new URL(origin) : { href: '' }
  const base = href.endsWith('/') ? href : `${href}/`
  if (isBase(base)) return base
  const how = 'Give it as https://example.org/ or https://example.org/app/.'
  throw new ShoalError('invalid-argument', `${origin} is no address of a site. ${how}`)
}
