/**
 * Names that strangers gave to files, made safe for every place they go: a page, a zip, a disk of any system.
 *
 * A safe name says what it is: no separators, control or bidirectional characters, nothing that Windows forbids, reserves or drops,
 * not too long. No two safe paths of a torrent meet on a disk that ignores case or normalises Unicode. The same torrent always gets
 * the same names. Hashes are over the names as they were.
 */
import { ShoalError } from '../errors.ts'
import { METAINFO_LIMITS } from '../options.ts'
import { fromUtf8 } from './bytes.ts'

/**
 * One path made safe, by itself.
 * @throws ShoalError `invalid-path` for no or empty names, and for paths that are too deep or too long
 */
export function safePath(components: readonly string[]): string[] {
  if (components.length === 0) refuse('A path has no name.')
  if (components.length > METAINFO_LIMITS.pathComponentsMax) {
    refuse(`A path is ${components.length} names deep; at most ${METAINFO_LIMITS.pathComponentsMax} are accepted.`)
  }
  return components.map(safeName)
}

/** Makes the paths of one torrent safe, in the order of its files, so that no two of them collide. */
export class SafePaths {
  /** Paths of folders by that of their parent and their name as it was. All paths of folders end in '/'. */
  readonly #folders = new Map<string, string>()
  /** Folded paths that are taken, with the suffix to try next. */
  readonly #taken = new Map<string, number>()
  #characters = 0

  /**
   * @returns the path, '/'-joined, and whether it differs from `components`
   * @throws ShoalError `invalid-path`
   */
  add(components: readonly string[]): { path: string; isChanged: boolean } {
    const names = safePath(components)
    const name = names.pop()!
    let folder = ''
    for (const [depth, safe] of names.entries()) {
      // Safe names are not empty, so that '//' cannot be part of the parent's path.
      const key = `${folder}/${components[depth]}`
      folder = this.#folders.get(key) ?? `${this.#claim(folder, safe, safe.length)}/`
      this.#folders.set(key, folder)
    }
    const path = this.#claim(folder, name, extensionStart(name))
    this.#characters += path.length
    if (path.length > METAINFO_LIMITS.pathCharactersMax || this.#characters > METAINFO_LIMITS.pathsCharactersMax) {
      refuse('The paths of the files are too long.')
    }
    return { path, isChanged: path !== components.join('/') }
  }

  /** Takes a name in a folder: the given one, or with the first free ` (n)` at `suffixAt`. @returns the path */
  #claim(folder: string, name: string, suffixAt: number): string {
    const key = folder + fold(name)
    let suffix = this.#taken.get(key) ?? 2
    let free = name
    let freeKey = key
    while (this.#taken.has(freeKey)) {
      free = `${name.slice(0, suffixAt)} (${suffix++})${name.slice(suffixAt)}`
      freeKey = folder + fold(free)
    }
    this.#taken.set(freeKey, 2)
    this.#taken.set(key, suffix)
    return folder + free
  }
}

/** Control characters, what Windows forbids, invisible and bidirectional marks, and code points that are no characters. */
const UNSAFE = /[\p{Cc}<>:"/\\|?*\p{Bidi_C}\u200b\p{Zl}\p{Zp}\u2060\ufeff\p{Cs}\p{NChar}]/gu

/** Devices of Windows, whatever the extension. */
const RESERVED = /^(?:con|prn|aux|nul|con(?:in|out)\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i

function safeName(raw: string): string {
  if (raw === '') refuse('A file or folder has an empty name.')
  const clean = cut(raw.normalize('NFC').replace(UNSAFE, '_')).replace(/[. ]+$/, end => '_'.repeat(end.length))
  return RESERVED.test(clean) ? `_${clean}` : clean
}

/** Cuts a name to the bytes that every file system holds, and keeps a short extension. */
function cut(name: string): string {
  if (name.length * 3 <= METAINFO_LIMITS.nameBytesMax || byteLength(name) <= METAINFO_LIMITS.nameBytesMax) return name
  const at = extensionStart(name)
  const extension = name.length - at <= 16 ? name.slice(at) : ''
  const room = METAINFO_LIMITS.nameBytesMax - byteLength(extension)
  let kept = ''
  let bytes = 0
  for (const character of name.slice(0, at)) {
    bytes += byteLength(character)
    if (bytes > room) break
    kept += character
  }
  return kept + extension
}

/** Where the extension of a name starts, its dot included; the name's length when it has none. */
function extensionStart(name: string): number {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? dot : name.length
}

/** Equal for names that some file system takes for the same. */
function fold(name: string): string {
  return name
    .replace(/\p{DI}/gu, '')
    .normalize('NFD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC')
}

function byteLength(text: string): number {
  return fromUtf8(text).length
}

function refuse(message: string): never {
  throw new ShoalError('invalid-path', message)
}
