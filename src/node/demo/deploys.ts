/**
 * The demo's site under every name that this server is called by. A manifest is bound to its address, and storage of browsers to the host's name: so
 * each name is another visitor in one browser, and gets a manifest of its own, of the same files and hence of the same swarm.
 *
 * The key of the site is made at the start and signs no manifest: it vouches for a key of each name, as for one that replaces it (FORMAT.md,
 * "Rotation"). So the names share a swarm, which is named by the first key, and no pointer of one is news to another.
 */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SITE_NAMES } from '../../site/limits.ts'
import { readManifest } from '../../site/manifest.ts'
import { withAddress, withHead } from '../../site/manifest-encode.ts'
import { type Identity, rotate } from '../../site/rotation.ts'
import { type Signer, signer } from '../../site/signature.ts'
import { buildSite } from '../site/build.ts'
import { type DeployFile, readManifestFile, signDeploy } from '../site/deploy.ts'
import { EXPIRES_DAYS, expiryAfter, naming } from '../site/head.ts'
import { FILE_BYTES_MIN } from '../site/select.ts'
import { scriptTag } from '../site/tag.ts'

export interface DemoDeploy {
  /** Manifest, pointer and scripts. */
  readonly files: readonly DeployFile[]
  /** For the page. */
  readonly tag: string
}

/** The built site, in memory. */
export interface DemoBuild {
  /** Every file of it by its path, twins included. */
  readonly files: ReadonlyMap<string, Buffer>
  /** Content types of those that are listed, by path. */
  readonly types: ReadonlyMap<string, string>
  /**
   * @param base address of the site's folder
   * @param tracker its WebSocket
   */
  deployAt(base: string, tracker: string): Promise<DemoDeploy>
}

/** Where it is built, before anybody has called it by a name. */
const NOWHERE = { base: 'http://localhost/cdn/', trackers: ['ws://localhost/'] }

/**
 * Visitors of the demo are tabs of one browser, or sit in one room: they find each other on the local network, agree by opening it, which the page
 * says, and send as fast as they can.
 */
const POLICY = { consent: 'automatic', lan: 1, 'upload-rate': 2 ** 30, 'upload-day': 2 ** 40 }

/** What Draco compressed is known to nobody by its name. */
const TYPES = { '.drc': 'application/octet-stream' }

/** Builds the site as `shoal build` does. @param folder of its files; it stays as it is */
export async function buildDemo(folder: string): Promise<DemoBuild> {
  const site = await newKey()
  const place = await mkdtemp(join(tmpdir(), 'shoal-demo-'))
  try {
    await cp(folder, place, { recursive: true })
    await buildSite({
      ...NOWHERE,
      folder: place,
      webSeeds: [],
      hosts: [],
      policy: POLICY,
      selection: {
        include: ['assets/**'],
        exclude: [],
        scripts: true,
        minBytes: FILE_BYTES_MIN,
        immutable: ['assets/**'],
        types: TYPES,
      },
      twins: true,
      hybrid: false,
      expiresDays: EXPIRES_DAYS,
      cacheFile: undefined,
      key: { key: site.key, rotated: [], sign: undefined, warnings: [] },
      signal: new AbortController().signal,
      onProgress: () => {},
      onSkip: () => {},
    })
    const unsigned = (await readManifestFile(place, SITE_NAMES.unsigned))!
    return demoBuild(await filesOf(place), unsigned, site)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

function demoBuild(files: ReadonlyMap<string, Buffer>, unsigned: Uint8Array, site: Key): DemoBuild {
  const { manifest } = readManifest(unsigned)
  const { version } = manifest
  return {
    files,
    types: new Map([...manifest.files.values()].map(({ path, type }) => [path, type])),
    async deployAt(base, tracker) {
      const { key, sign } = await newKey()
      const identity: Identity = { key, rotated: await rotate({ key: site.key, rotated: [] }, key, site.sign) }
      const moved = withAddress(unsigned, { base, trackers: [tracker], ...naming(base, []) })
      const head = { ...identity, version, expires: expiryAfter(EXPIRES_DAYS) }
      const { files } = await signDeploy(withHead(moved, head), sign)
      return { files, tag: scriptTag({ base, key, version }) }
    },
  }
}

interface Key {
  readonly key: Uint8Array
  readonly sign: Signer
}

/** Kept in memory alone: with the server it is gone, and visitors begin anew. */
async function newKey(): Promise<Key> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return { key, sign: signer(pair.privateKey) }
}

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const read = entries
    .filter(entry => entry.isFile())
    .map(async entry => {
      const place = join(entry.parentPath, entry.name)
      return [place.slice(folder.length + 1).replaceAll('\\', '/'), await readFile(place)] as const
    })
  return new Map(await Promise.all(read))
}
