/** Which files of a built site are listed, and why others are left to HTTP. */
import { extname, join, resolve } from 'node:path'
import { stat } from 'node:fs/promises'
import picomatch from 'picomatch'
import { isReservedPath, isSitePath } from '../../site/paths.ts'
import type { DiskBlob } from '../disk-blob.ts'
import { filesFromDisk, type FilesFromDiskOptions } from '../disk-files.ts'
import { contentTypeOf } from './content-types.ts'
import { hostPrefix, isElsewhere, type SiteFolders } from './hosts.ts'
import { isPage } from './tag.ts'

/**
 * Bytes under which a file stays with HTTP. Measured (ARCHITECTURE.md, "Sites"): a file costs every visitor 0.17 KB of the manifest, and 0.4 KB on the
 * wire when it comes from a peer, beside 8 % of its bytes. Together that is a fifth of 4 KiB, a sixth of 8, a tenth of 16, and from there on falls little.
 */
export const FILE_BYTES_MIN = 16 * 1024

export interface Selection {
  /** Globs of paths that may be listed. @default all */
  readonly include: readonly string[]
  /** Globs of paths that are not, after `include`. */
  readonly exclude: readonly string[]
  /** List .js and .mjs too: what a worker answers with is compiled anew on every load. */
  readonly scripts: boolean
  /** Bytes. */
  readonly minBytes: number
  /** Globs of paths whose content never changes, beside fingerprinted ones. */
  readonly immutable: readonly string[]
  /** Content types by extension, with its dot. */
  readonly types: Readonly<Record<string, string>>
}

/** Why a file is left to HTTP, in the words of the command's summary. */
export type LeftOut =
  | 'HTML'
  | 'source maps'
  | 'dotfiles'
  | 'excluded'
  | 'scripts (--scripts lists them)'
  | 'too small'
  | 'of unknown type ("types" in shoal.config.json lists them)'
  | 'names that no page can ask for'

export interface SelectOptions extends FilesFromDiskOptions {
  /** What a bundler knows of the files that it wrote, by their absolute path: whether they are named by a hash of their content. Others are judged by their name. */
  readonly fingerprinted?: ReadonlyMap<string, boolean>
}

export interface SelectedFile {
  /** As the manifest has it. */
  readonly path: string
  /** On disk, absolute. */
  readonly place: string
  readonly data: DiskBlob
  /** Nanoseconds: tells with the size whether it changed. */
  readonly mtimeNs: bigint
  readonly type: string
  readonly isImmutable: boolean
}

export interface Selected {
  readonly files: readonly SelectedFile[]
  readonly leftOut: ReadonlyMap<LeftOut, number>
}

/**
 * Of the site's folder and of those of other hosts; what lies in one of the latter is not listed on the site itself.
 * @throws ShoalError `invalid-argument` when a folder cannot be read
 */
export async function selectSite(
  { folder, hosts }: SiteFolders,
  selection: Selection,
  options: SelectOptions = {},
): Promise<Selected> {
  const files: SelectedFile[] = []
  const leftOut = new Map<LeftOut, number>()
  const take = (selected: Selected, prefix: string): void => {
    files.push(...selected.files.map(file => ({ ...file, path: prefix + file.path })))
    for (const [why, count] of selected.leftOut) leftOut.set(why, (leftOut.get(why) ?? 0) + count)
  }
  take(await selectFiles(folder, selection, { ...options, isOthers: place => isElsewhere(place, { hosts }) }), '')
  for (const host of hosts) take(await selectFiles(host.folder, selection, options), hostPrefix(host))
  return { files, leftOut }
}

async function selectFiles(
  folder: string,
  selection: Selection,
  options: SelectOptions & { readonly isOthers?: (place: string) => boolean },
): Promise<Selected> {
  const found = (await filesFromDisk([folder], options)).map(({ path, data }) => ({
    path: path.slice(path.indexOf('/') + 1),
    data,
  }))
  const paths = new Set(found.map(({ path }) => path))
  const why = leaveOut(selection, paths)
  const isDeclared = matcher(selection.immutable)
  const files: SelectedFile[] = []
  const leftOut = new Map<LeftOut, number>()
  for (const { path, data } of found) {
    const place = join(resolve(folder), ...path.split('/'))
    if (options.isOthers?.(place) === true) continue
    const type = contentTypeOf(path, selection.types)
    const reason = why(path, data.size)
    if (reason === 'ours') continue
    if (reason !== undefined || type === undefined) {
      const known = reason ?? 'of unknown type ("types" in shoal.config.json lists them)'
      leftOut.set(known, (leftOut.get(known) ?? 0) + 1)
      continue
    }
    const { mtimeNs } = await stat(place, { bigint: true })
    const isImmutable = isDeclared(path) || (options.fingerprinted?.get(place) ?? isFingerprinted(path))
    files.push({ path, place, data, mtimeNs, type, isImmutable })
  }
  return { files, leftOut }
}

/** Extensions of what other commands compressed. */
const TWIN = /\.(?:gz|br|zst)$/i

function leaveOut(
  { include, exclude, scripts, minBytes }: Selection,
  paths: ReadonlySet<string>,
): (path: string, bytes: number) => LeftOut | 'ours' | undefined {
  const isIncluded = matcher(include)
  const isExcluded = matcher(exclude)
  return (path, bytes) => {
    const extension = extname(path).toLowerCase()
    // The three that no option lists: pages come from their own server, and the others are nobody's business.
    if (path.split('/').some(name => name.startsWith('.'))) return 'dotfiles'
    if (isPage(path)) return 'HTML'
    if (extension === '.map') return 'source maps'
    // What Shoal writes, and twins, which come with their files, are not worth a word.
    if (isReservedPath(path)) return 'ours'
    if (!isSitePath(path)) return 'names that no page can ask for'
    if (TWIN.test(path) && paths.has(path.replace(TWIN, ''))) return 'ours'
    if (!isIncluded(path) || isExcluded(path)) return 'excluded'
    if (!scripts && ['.js', '.mjs'].includes(extension)) return 'scripts (--scripts lists them)'
    return bytes < Math.max(1, minBytes) ? 'too small' : undefined
  }
}

function matcher(globs: readonly string[]): (path: string) => boolean {
  return globs.length === 0 ? () => false : picomatch(globs)
}

/**
 * Whether a name bears a hash of its content, as bundlers write it: eight characters or more after a '-', '.' or '_' before the extension, hexadecimal with
 * letters and digits, or with a digit and letters of both cases. A date or a word is none; what is missed is declared (`immutable`).
 */
export function isFingerprinted(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const mark = /[-._]([\w-]{8,64}?)(?:\.[\w.]+)$/.exec(name)?.[1] ?? ''
  if (/^[\da-f]{8,64}$/.test(mark)) return /\d/.test(mark) && /[a-f]/.test(mark)
  const last = mark.slice(-8)
  return /\d/.test(last) && /[a-z]/.test(last) && /[A-Z]/.test(last)
}
