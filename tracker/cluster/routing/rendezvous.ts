/**
 * Who owns what: rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998). Every node draws a number
 * for every name, and the highest owns it. All agree who knows the same nodes, and when a node comes or goes only its own share moves. PURE.
 */
import type { NodeId } from './items.ts'

/** @returns undefined where there are no nodes */
export function ownerOf(name: string, nodes: readonly NodeId[]): NodeId | undefined {
  if (nodes.length === 1) return nodes[0]
  let owner: NodeId | undefined
  let highest = -1
  for (const node of nodes) {
    const drawn = draw(node, name)
    if (drawn < highest || (drawn === highest && owner !== undefined && node > owner)) continue
    highest = drawn
    owner = node
  }
  return owner
}

/** FNV-1a over node and name, mixed by the finalizer of MurmurHash3. The node comes first, so that names cannot be made to collide for all. */
function draw(node: NodeId, name: string): number {
  let hash = fnv(fnv(0x811c9dc5, node), name)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function fnv(start: number, text: string): number {
  let hash = start
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
