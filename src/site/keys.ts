/**
 * Where a site's bytes rest: the database and the content keys that page script and service worker share.
 *
 * Keys begin with the site's scope, so that nobody can probe what else this browser holds, and go on with the v2 root, so
 * that a file that stays the same from deploy to deploy is stored once.
 */
/** For `indexedDBStore({ name })`. */
export const SITE_STORE_NAME = 'shoal-site'

/** Of a verified piece: where it begins in its file, and how long it is. */
export function pieceKey(scope: string, rootHex: string, offset: number, lengthBytes: number): string {
  return `${scope}/${rootHex}/${offset}/${lengthBytes}`
}

/** Of the hashes of a file's pieces, 32 bytes each, for files longer than a piece (BEP 52, "piece layers"). Proven against the root on every read. */
export function layerKey(scope: string, rootHex: string): string {
  return `${scope}/${rootHex}/layer`
}
