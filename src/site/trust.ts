/**
 * Whether a signed manifest or pointer may be believed: the key, the time, and what was believed before. The signature itself is
 * checked by whoever read it. FORMAT.md, "Verification".
 */
import { equalBytes, toHex } from '../metainfo/bytes.ts'
import { SITE_LIMITS } from './limits.ts'
import { refuseSite } from './refusal.ts'
import { follows, type Identity, isChain } from './rotation.ts'

/** What the verifier knows. */
export interface Trust {
  /** The key that the page pins: 32 bytes of Ed25519. */
  readonly key: Uint8Array
  /** Unix seconds. */
  readonly nowSeconds: number
  /** What was believed last, from `Accepted`; it must be kept across reloads. */
  readonly accepted?: Accepted | undefined
}

/** What to keep of the last manifest or pointer that passed every check. */
export interface Accepted {
  readonly version: number
  /** Unix seconds. */
  readonly expires: number
  /** v2 infohash of the manifest. */
  readonly infoHash: Uint8Array
  readonly isKilled: boolean
  readonly key: Uint8Array
  /** Keys that `key` has replaced, and that are believed no more. */
  readonly retired: readonly Uint8Array[]
}

/** What manifest and pointer have in common. */
export interface Statement extends Identity {
  readonly version: number
  /** Unix seconds. */
  readonly expires: number
  readonly infoHash: Uint8Array
  readonly isKilled: boolean
}

/**
 * Checks that the statement's key is the page's, or follows it by a chain that holds; what was believed before counts as part of the chain.
 * @throws ShoalError `site-key`
 */
export async function checkKey(statement: Identity, { key, accepted }: Trust): Promise<void> {
  const isOfLine = accepted !== undefined && isInLine(key, accepted)
  const continues = accepted !== undefined && follows(statement, accepted.key)
  if (isOfLine && !continues && follows(statement, key))
    refuseSite('site-key', 'it is signed with a key that has been replaced')
  if (!follows(statement, key) && !(isOfLine && continues))
    refuseSite('site-key', 'it is signed with another key than the page names')
  if (!(await isChain(statement))) refuseSite('site-key', 'its new key is not vouched for by the old one')
}

/**
 * Checks the time, and that nothing goes back. To be called last.
 * @returns what to keep in place of `trust.accepted`
 * @throws ShoalError `site-expired`, `site-older`, `site-mismatch`
 */
export function checkProgress(statement: Statement, { nowSeconds, accepted }: Trust): Accepted {
  const { version, expires, infoHash, isKilled, key } = statement
  // Written so that a clock that is no number refuses.
  if (!(expires > nowSeconds)) refuseSite('site-expired', 'it has expired; its owner renews it with shoal sign --renew')
  if (version > nowSeconds + SITE_LIMITS.versionAheadSecondsMax)
    refuseSite('site-format', 'its version lies in the future')
  // A page may pin a new key that no old one vouches for: its versions begin anew.
  if (accepted !== undefined && follows(statement, accepted.key)) {
    if (version < accepted.version)
      refuseSite('site-older', `version ${version} is older than ${accepted.version}, which was here before`)
    if (version === accepted.version) {
      if (!equalBytes(infoHash, accepted.infoHash))
        refuseSite('site-mismatch', `two different ones bear the version ${version}`)
      if (expires < accepted.expires || (accepted.isKilled && !isKilled))
        refuseSite('site-older', 'a later signature over the same version was here before')
    }
  }
  return { version, expires, infoHash, isKilled, key, retired: retiredBy(statement, accepted) }
}

/** Keys that are believed no more: those of the chain, and those of before, which a pointer's short chain does not name. */
function retiredBy(statement: Statement, accepted: Accepted | undefined): Uint8Array[] {
  const before = accepted !== undefined && follows(statement, accepted.key) ? [...accepted.retired, accepted.key] : []
  const keys = [...before, ...statement.rotated.map(link => link.key)].filter(key => !equalBytes(key, statement.key))
  const unique = new Map(keys.map(key => [toHex(key), key]))
  return [...unique.values()].slice(-RETIRED_MAX)
}

/** More than a manifest's chain has, for versions of it that were missed. */
const RETIRED_MAX = 2 * SITE_LIMITS.rotationsMax

/** Whether what was believed before speaks for this key: it is that key, or has replaced it. */
function isInLine(key: Uint8Array, accepted: Accepted): boolean {
  return [accepted.key, ...accepted.retired].some(known => equalBytes(known, key))
}
