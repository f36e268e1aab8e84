/** `shoal.config.json`: every option of `shoal build`, so that a build needs no arguments. Errors name the bad key. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { messageOf, ShoalError } from '../../errors.ts'
import { isUrl, SOCKET_PROTOCOLS, WEB_SEED_PROTOCOLS } from '../../metainfo/urls.ts'
import { SITE_LIMITS } from '../../site/limits.ts'
import { isBase, isSiteType } from '../../site/paths.ts'
import { policyComplaint } from '../../site/policy.ts'
import type { Selection } from './select.ts'

/** Looked for in the current folder. */
export const CONFIG_NAME = 'shoal.config.json'

/** What a configuration may say; the command line says the same and comes first. */
export interface SiteConfig extends Partial<Selection> {
  /** The built site. Paths are relative to the configuration. */
  readonly dir?: string
  /** Address at which the folder is served. */
  readonly origin?: string
  readonly trackers?: readonly string[]
  /** Key file. */
  readonly key?: string
  /** Whether `.gz` twins may be written. @default true */
  readonly twins?: boolean
  /** Whether the manifest gets a v1 half, for clients that know no v2. @default false */
  readonly hybrid?: boolean
  /** Days until the manifest must be renewed. */
  readonly expiresDays?: number
  /** Web seeds that have the files under the torrent's name, for other clients. */
  readonly webSeeds?: readonly string[]
  /**
   * Other hosts that have files of the site: the folder that is served there by its address, as `{"https://assets.example/": "dist/assets"}`. What lies
   * in these folders is listed there, and not on the site itself. Pages must ask for it by CORS.
   */
  readonly origins?: Readonly<Record<string, string>>
  /** Signed into the manifest for the page script: `src/site/policy.ts` has every entry. */
  readonly policy?: Readonly<Record<string, number | string>>
  /** Cache file; false: none. */
  readonly cache?: string | false
  readonly probe?: boolean
}

type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string' && value !== ''
const isFlag: Check = value => typeof value === 'boolean'
const isCount: Check = value => Number.isSafeInteger(value) && Number(value) >= 0
const isListOf =
  (check: (text: string) => boolean): Check =>
  value =>
    Array.isArray(value) && value.every(item => typeof item === 'string' && item !== '' && check(item))
const isRecordOf =
  (check: (name: string, value: unknown) => boolean): Check =>
  value =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(([name, item]) => check(name, item))

const anyText = isListOf(() => true)

/** What each key must be, and the words for it. */
const KEYS: Readonly<Record<keyof SiteConfig, readonly [Check, string]>> = {
  dir: [isText, 'the folder of the built site'],
  origin: [isText, 'the address of the site, as "https://example.org/"'],
  trackers: [isListOf(url => isUrl(url, SOCKET_PROTOCOLS)), 'a list of WebSocket URLs, as ["wss://tracker.example"]'],
  key: [isText, 'the path of a key file'],
  include: [anyText, 'a list of globs, as ["assets/**"]'],
  exclude: [anyText, 'a list of globs, as ["drafts/**"]'],
  immutable: [anyText, 'a list of globs, as ["assets/**"]'],
  scripts: [isFlag, 'true or false'],
  minBytes: [isCount, 'a whole number of bytes'],
  types: [
    isRecordOf((name, type) => /^\.[\w.]+$/.test(name) && typeof type === 'string' && isSiteType(type)),
    'content types by extension, as {".usdz": "model/vnd.usdz+zip"}; HTML is never listed',
  ],
  twins: [isFlag, 'true or false'],
  hybrid: [isFlag, 'true or false'],
  expiresDays: [value => isCount(value) && Number(value) >= 1 && Number(value) <= 3650, 'a number of days, 1 to 3650'],
  webSeeds: [
    isListOf(url => isUrl(url, WEB_SEED_PROTOCOLS)),
    'a list of web addresses, as ["https://cdn.example/files/"]',
  ],
  origins: [
    value =>
      isRecordOf((address, folder) => isBase(address) && isText(folder))(value) &&
      Object.keys(value as object).length <= SITE_LIMITS.originsMax,
    `folders by the address that they are served at, at most ${SITE_LIMITS.originsMax}, as {"https://assets.example/": "dist/assets"}`,
  ],
  policy: [isRecordOf(() => true), 'an object, as {"consent": "automatic", "upload-rate": 500000}'],
  cache: [value => value === false || isText(value), 'the path of a file, or false'],
  probe: [isFlag, 'true or false'],
}

/**
 * Reads a configuration, or none.
 * @param place undefined: `shoal.config.json` of `folder`, if it is there
 * @throws ShoalError `invalid-argument`, naming the file and the key
 */
export async function readConfig(place: string | undefined, folder: string): Promise<SiteConfig> {
  const file = resolve(folder, place ?? CONFIG_NAME)
  const text = await readFile(file, 'utf8').catch(cause => {
    if (place === undefined && cause.code === 'ENOENT') return undefined
    throw new ShoalError('invalid-argument', `The configuration ${file} cannot be read: ${messageOf(cause)}.`, {
      cause,
    })
  })
  return text === undefined ? {} : withPlaces(parseConfig(text, place ?? CONFIG_NAME), dirname(file))
}

function parseConfig(text: string, name: string): SiteConfig {
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch (cause) {
    throw new ShoalError('invalid-argument', `${name}: it is not JSON (${messageOf(cause)}).`, { cause })
  }
  return checkConfig(config, name)
}

/**
 * @param name of the configuration, for the error
 * @throws ShoalError `invalid-argument`, naming the key
 */
export function checkConfig(config: unknown, name: string): SiteConfig {
  const refuse = (what: string): never => {
    throw new ShoalError('invalid-argument', `${name}: ${what}`)
  }
  if (!isRecordOf(() => true)(config)) return refuse('it must be an object of options.')
  for (const [key, value] of Object.entries(config as object)) {
    if (!Object.hasOwn(KEYS, key)) refuse(`there is no option "${key}". There are: ${Object.keys(KEYS).join(', ')}.`)
    const [isRight, words] = KEYS[key as keyof SiteConfig]
    if (!isRight(value)) refuse(`"${key}" must be ${words}.`)
  }
  for (const [name, value] of Object.entries((config as SiteConfig).policy ?? {})) {
    const complaint = policyComplaint(name, value)
    if (complaint !== undefined) refuse(complaint)
  }
  return config as SiteConfig
}

/** Paths in a configuration are relative to it. */
export function withPlaces(config: SiteConfig, folder: string): SiteConfig {
  return {
    ...config,
    ...(config.dir !== undefined && { dir: resolve(folder, config.dir) }),
    ...(config.key !== undefined && { key: resolve(folder, config.key) }),
    ...(typeof config.cache === 'string' && { cache: resolve(folder, config.cache) }),
    ...(config.origins !== undefined && {
      origins: Object.fromEntries(
        Object.entries(config.origins).map(([address, place]) => [address, resolve(folder, place)]),
      ),
    }),
  }
}
