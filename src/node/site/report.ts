/** What a build says at its end, for the command line and for the plugin alike. */
import { formatBytes, formatCount, formatPercent } from '../cli/format.ts'
import { SITE_NAMES } from '../../site/limits.ts'
import type { Manifest } from '../../site/manifest.ts'
import type { BuildResult } from './build.ts'
import { cspLines, cspNeeds } from './csp.ts'
import { keyText } from './key-file.ts'
import { padsOf } from './pads.ts'
import { scriptTag } from './tag.ts'

export interface Report {
  /** What was done, in sentences. */
  readonly remarks: readonly string[]
  /** What the owner should look at. */
  readonly warnings: readonly string[]
  /** What programs read, and people paste. */
  readonly results: readonly string[]
}

/** Names that are told of what is left to HTTP against expectation. */
const NAMES_MAX = 5

const NO_WEB_SEED =
  'Clients of version 1 find no web seed, for the root of a host cannot be named: give another with --web-seed.'

export function reportOf(result: BuildResult): Report {
  return { remarks: remarksOf(result), warnings: warningsOf(result), results: resultsOf(result) }
}

function remarksOf({ manifest, manifestBytes, isSigned, hashed, leftOut, pages }: BuildResult): string[] {
  const files = [...manifest.files.values()]
  const bytes = files.reduce((sum, { contentLength }) => sum + contentLength, 0)
  const bulkCount = files.filter(({ swarm }) => swarm.kind === 'bulk').length
  const left = [...leftOut].filter(([, count]) => count > 0).map(([why, count]) => `${count} ${why}`)
  const share = manifestBytes / bytes
  const cost = share < 0.01 ? 'less than 1 %' : formatPercent(share)
  const name = isSigned ? SITE_NAMES.manifest : SITE_NAMES.unsigned
  return [
    `${formatCount(files.length, 'file')} listed, ${formatBytes(bytes)} as they travel; ${hashed} hashed.`,
    ...(bulkCount > 0
      ? [`${bulkCount} of them in swarms of their own, with their .torrents in ${SITE_NAMES.bulk}/.`]
      : []),
    ...(left.length > 0 ? [`Left to HTTP: ${left.join(', ')}.`] : []),
    `${name}: ${formatBytes(manifestBytes)}, ${cost} of what it lists; expires ${dateOf(manifest.expires)}.`,
    'It names every listed path to whoever reads it.',
    ...padRemarks(manifest),
    pages.length > 0
      ? `${formatCount(pages.length, 'page')} with the tag: data-version is ${manifest.version}.`
      : 'No page in the folder has the tag: paste it at the end of their body, where what is painted goes before it. The next build sets its data-version.',
    ...(isSigned ? [] : ['Nothing is published yet: sign it with shoal sign.']),
  ]
}

/** What a v1 half costs beside the manifest. */
function padRemarks(manifest: Manifest): string[] {
  if (!isHybrid(manifest)) return []
  const pads = padsOf(manifest)
  const bytes = pads.reduce((sum, length) => sum + length, 0)
  return [`For clients of version 1: ${formatCount(pads.length, 'file')} of zeros in .pad/, ${formatBytes(bytes)}.`]
}

function isHybrid({ metainfo: { layout } }: Manifest): boolean {
  return layout.version === 'hybrid'
}

function warningsOf({ manifest, refusedTwins, missing, warnings }: BuildResult): string[] {
  const named = refusedTwins.slice(0, NAMES_MAX).join(', ')
  const more = refusedTwins.length > NAMES_MAX ? ` and ${refusedTwins.length - NAMES_MAX} more` : ''
  const why = 'for a .gz that is no twin of theirs is in the way, or no twins may be written'
  return [
    ...(refusedTwins.length > 0 ? [`Left to HTTP, ${why}: ${named}${more}.`] : []),
    ...missing.map(name => `${name} is not written: this package is not built (npm run build).`),
    ...(isHybrid(manifest) && manifest.metainfo.webSeeds.length === 0 ? [NO_WEB_SEED] : []),
    ...warnings,
  ]
}

function resultsOf({ manifest }: BuildResult): string[] {
  const needs = cspNeeds(manifest.metainfo.trackers.flat(), manifest.origins)
  return [
    `version ${manifest.version}`,
    `key ${keyText(manifest.key)}`,
    scriptTag(manifest),
    `Content-Security-Policy: ${cspLines(needs).join('; ')}`,
  ]
}

function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}
