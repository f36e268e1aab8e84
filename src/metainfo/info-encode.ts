/** Writes info dicts: the inverse of `parseInfo`, key for key as libtorrent writes them, so that infohashes agree. */
import { encode, type Encodable } from './bencode.ts'
import { fromUtf8, toLatin1 } from './bytes.ts'
import type { Plan, PlannedFile } from './plan.ts'

/** The hashes that go into an info dict. */
export interface InfoHashes {
  /** 20 bytes a piece: v1 and hybrid. */
  readonly sha1s?: Uint8Array
  /** Roots of the plan's files, in its order; undefined for empty files: v2 and hybrid. */
  readonly roots?: readonly (Uint8Array | undefined)[]
}

export function encodeInfo(plan: Plan, { sha1s, roots }: InfoHashes, isPrivate: boolean): Uint8Array {
  const { name, isFolder, files, pieceLength } = plan
  return encode({
    name,
    'piece length': pieceLength,
    private: isPrivate ? 1 : undefined,
    ...(roots !== undefined && { 'meta version': 2, 'file tree': fileTree(plan, roots) }),
    ...(sha1s !== undefined && { pieces: sha1s }),
    ...(sha1s !== undefined && (isFolder ? { files: fileList(plan) } : { length: files[0]!.length })),
  })
}

/** Files of the v1 half; in a hybrid, a pad file (BEP 47) after each file that does not end with a piece. */
function fileList({ files, version, pieceLength }: Plan): Encodable[] {
  return files.flatMap(({ path, length }) => {
    const padding = version === 'hybrid' ? (pieceLength - (length % pieceLength)) % pieceLength : 0
    const file: Encodable = { length, path }
    return padding === 0 ? [file] : [file, { attr: 'p', length: padding, path: ['.pad', `${padding}`] }]
  })
}

type Tree = Map<string, Encodable>

function fileTree({ name, isFolder, files }: Plan, roots: readonly (Uint8Array | undefined)[]): Tree {
  const root: Tree = new Map()
  const folders = new Map<string, Tree>()
  for (const [index, file] of files.entries()) {
    const path = isFolder ? file.path : [name]
    const properties = { length: file.length, 'pieces root': roots[index] }
    folderOf(path, root, folders).set(key(path.at(-1)!), { '': properties })
  }
  return root
}

/** The tree that a file goes into, made with all above it when it is not there. */
function folderOf(path: PlannedFile['path'], root: Tree, folders: Map<string, Tree>): Tree {
  let folder = root
  for (let depth = 1; depth < path.length; depth++) {
    const place = path.slice(0, depth).join('/')
    const known = folders.get(place)
    const next: Tree = known ?? new Map()
    if (known === undefined) {
      folders.set(place, next)
      folder.set(key(path[depth - 1]!), next)
    }
    folder = next
  }
  return folder
}

function key(name: string): string {
  return toLatin1(fromUtf8(name))
}
