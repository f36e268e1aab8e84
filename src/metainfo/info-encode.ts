/** Writes info dicts: the inverse of `parseInfo`, key for key as libtorrent writes them, so that infohashes agree. */
import { encode, type Encodable } from './bencode.ts'
import { type FileTree, paddingBytes, type Plan, type PlannedFile } from './plan.ts'

/** The hashes that go into an info dict. */
export interface InfoHashes {
  /** 20 bytes a piece: v1 and hybrid. */
  readonly sha1s: Uint8Array
  /** Roots of the plan's files, in its order; undefined for empty files: v2 and hybrid. */
  readonly roots: readonly (Uint8Array | undefined)[]
}

export function encodeInfo(plan: Plan, { sha1s, roots }: InfoHashes, isPrivate: boolean): Uint8Array {
  const { name, version, isFolder, files, pieceLength, tree } = plan
  const rootOf = new Map(files.map((file, index) => [file, roots[index]]))
  return encode({
    name,
    'piece length': pieceLength,
    private: isPrivate ? 1 : undefined,
    ...(version !== 'v1' && { 'meta version': 2, 'file tree': fileTree(tree, rootOf) }),
    ...(version !== 'v2' && {
      pieces: sha1s,
      ...(isFolder ? { files: fileList(plan) } : { length: files[0]!.length }),
    }),
  })
}

/** Files of the v1 half; in a hybrid, a pad file (BEP 47) after each file that does not end with a piece. */
function fileList({ files, version, pieceLength }: Plan): Encodable[] {
  return files.flatMap(({ path, length }) => {
    const padding = version === 'hybrid' ? paddingBytes(length, pieceLength) : 0
    const file: Encodable = { length, path }
    return padding === 0 ? [file] : [file, { attr: 'p', length: padding, path: ['.pad', `${padding}`] }]
  })
}

function fileTree(tree: FileTree, rootOf: ReadonlyMap<PlannedFile, Uint8Array | undefined>): Map<string, Encodable> {
  const encode = (node: FileTree | PlannedFile): Encodable =>
    node instanceof Map ? fileTree(node, rootOf) : { '': { length: node.length, 'pieces root': rootOf.get(node) } }
  return new Map([...tree].map(([key, node]) => [key, encode(node)]))
}
