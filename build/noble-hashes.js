/**
 * @noble/hashes as the bundle needs it: without the methods that copy a hash under way, and those that wipe what is no
 * secret. A minifier has to keep the methods of a class, for it cannot know which are called.
 */
import { parse } from 'acorn'
import { nodesOf } from './simple-peer.js'

/** The files that this is about. */
export const NOBLE_HASHES_FILE = /[\\/]@noble[\\/]hashes[\\/](_md|sha2|legacy)\.js$/

const UNUSED = new Set(['clone', '_cloneInto', '_cloneIntoMeta', 'destroy', 'roundClean'])

/** The source of a file without those, and without calls of them. */
export function trimNobleHashes(source) {
  const cuts = nodesOf(parse(source, { ecmaVersion: 'latest', sourceType: 'module' })).filter(
    node => isUnusedMethod(node) || isCallOfOne(node),
  )
  if (cuts.length === 0) throw new Error('@noble/hashes has changed: see build/noble-hashes.js')
  return cuts.reduceRight((text, { start, end }) => `${text.slice(0, start)};${text.slice(end)}`, source)
}

function isUnusedMethod({ type, key }) {
  return type === 'MethodDefinition' && UNUSED.has(key.name)
}

/** A statement: inside of methods that are cut there is none. */
function isCallOfOne({ type, expression }) {
  if (type !== 'ExpressionStatement' || expression.callee?.object?.type !== 'ThisExpression') return false
  return UNUSED.has(expression.callee.property.name)
}
