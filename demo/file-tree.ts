/** Files as a tree of folders, of which some are chosen. Pure. */

export interface TreeNode {
  /** The last part of the path. */
  readonly name: string
  /** '/'-joined, from the top. */
  readonly path: string
  readonly parent: TreeNode | undefined
  /** Folders and files in the order in which they were listed; empty for a file. */
  readonly children: readonly TreeNode[]
  /** Index in the list; undefined for a folder. */
  readonly index: number | undefined
  /** Files in it, or itself. */
  readonly fileCount: number
  readonly lengthBytes: number
  readonly chosenCount: number
  readonly chosenBytes: number
}

type Folder = { -readonly [K in keyof TreeNode]: TreeNode[K] } & { children: TreeNode[] }

/** All files are chosen at first. The folder that all are in is the top itself. */
export function fileTree(files: readonly { readonly path: string; readonly length: number }[]): TreeNode {
  const top = folder('', '', undefined)
  const folders = new Map<string, Folder>([['', top]])
  const folderAt = (path: string): Folder => {
    // Parents first, without recursion: the depth of a path is not ours to trust.
    const parts = path.split('/')
    let parent = top
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const at = parts.slice(0, depth).join('/')
      let next = folders.get(at)
      if (next === undefined) {
        next = folder(parts[depth - 1] ?? '', at, parent)
        folders.set(at, next)
        parent.children.push(next)
      }
      parent = next
    }
    return parent
  }
  for (const [index, { path, length }] of files.entries()) {
    const end = path.lastIndexOf('/')
    const parent = end < 0 ? top : (folders.get(path.slice(0, end)) ?? folderAt(path.slice(0, end)))
    const leaf: TreeNode = { ...folder(path.slice(end + 1), path, parent), index }
    parent.children.push(leaf)
    add(leaf, { fileCount: 1, lengthBytes: length, chosenCount: 1, chosenBytes: length })
  }
  const [only] = top.children
  return top.children.length === 1 && only !== undefined && only.index === undefined ? only : top
}

/** Chooses a file or all of a folder, or none of it. */
export function choose(node: TreeNode, isChosen: boolean): void {
  for (const leaf of leavesOf(node)) {
    if (leaf.chosenCount > 0 === isChosen) continue
    const sign = isChosen ? 1 : -1
    add(leaf, { fileCount: 0, lengthBytes: 0, chosenCount: sign, chosenBytes: sign * leaf.lengthBytes })
  }
}

/** Indices of the files that are chosen. */
export function chosenIn(node: TreeNode): number[] {
  return leavesOf(node).flatMap(leaf => (leaf.chosenCount > 0 && leaf.index !== undefined ? [leaf.index] : []))
}

/** What a checkbox shows of it. */
export function choiceOf({ chosenCount, fileCount }: TreeNode): 'all' | 'some' | 'none' {
  return chosenCount === 0 ? 'none' : chosenCount === fileCount ? 'all' : 'some'
}

function folder(name: string, path: string, parent: TreeNode | undefined): Folder {
  return {
    name,
    path,
    parent,
    children: [],
    index: undefined,
    fileCount: 0,
    lengthBytes: 0,
    chosenCount: 0,
    chosenBytes: 0,
  }
}

/** Of a node and all that it is in. */
function add(
  node: TreeNode,
  counts: Pick<TreeNode, 'fileCount' | 'lengthBytes' | 'chosenCount' | 'chosenBytes'>,
): void {
  for (let at: Folder | undefined = node as Folder; at !== undefined; at = at.parent as Folder | undefined) {
    at.fileCount += counts.fileCount
    at.lengthBytes += counts.lengthBytes
    at.chosenCount += counts.chosenCount
    at.chosenBytes += counts.chosenBytes
  }
}

function leavesOf(node: TreeNode): TreeNode[] {
  const leaves: TreeNode[] = []
  const pending = [node]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.index !== undefined) leaves.push(next)
    // One by one: a folder may hold more children than a call takes arguments.
    for (let i = next.children.length - 1; i >= 0; i -= 1) pending.push(next.children[i]!)
  }
  return leaves
}
