/** Bounds and fixed figures of the site format. FORMAT.md names each; a change of any is a change of the format. */

/** What is accepted of manifests and pointers. */
export const SITE_LIMITS = {
  /** Bytes of a manifest: some 30,000 files, at 125 bytes each and short paths. More would cost visitors more than it saves them. */
  manifestBytesMax: 4 * 1024 * 1024,
  /** Bytes of a pointer, which rides in tracker replies. */
  pointerBytesMax: 512,
  /** Rotations of the key that a manifest, and that a pointer, remembers. */
  rotationsMax: 8,
  pointerRotationsMax: 2,
  /** Characters of a path relative to the base, and of a content type. */
  pathCharactersMax: 1024,
  typeCharactersMax: 128,
  /** Other asset hosts, entries of the policy, and characters of a name or value in it. */
  originsMax: 16,
  policyEntriesMax: 32,
  policyCharactersMax: 256,
  /**
   * Seconds that a version may be ahead of the visitor's clock. Versions follow unix time, so one far ahead would block all that
   * are to come ("fast-forward"); a day allows for clocks that are wrong.
   */
  versionAheadSecondsMax: 86_400,
} as const

/** Files above so many bytes, as they travel, are swarms of their own. */
export const BULK_BYTES_ABOVE = 8 * 1024 * 1024

/**
 * Piece length of the site's swarm, in bytes: whoever has one piece can pass it on, and a page renders from what has come. Fixed, so that
 * a file has the same pieces in every deploy.
 */
export const SITE_PIECE_LENGTH = 64 * 1024

/** Names of what a build writes at the base. */
export const SITE_NAMES = {
  manifest: 'shoal.torrent',
  pointer: 'shoal.pointer',
  worker: 'shoal-sw.js',
  /** What the tag loads. */
  script: 'shoal.js',
  /** The rest of it, a module, which it loads when the page is idle. */
  page: 'shoal-page.js',
  /** A manifest that waits for its signature. */
  unsigned: 'shoal.unsigned',
  /** Folder of the .torrents of bulk files. */
  bulk: 'shoal-bulk',
  /** First name of paths on other hosts: nothing lies there. */
  origins: 'shoal-origins',
} as const
