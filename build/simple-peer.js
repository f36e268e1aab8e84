/**
 * simple-peer as the bundle needs it: without the methods that never run there. A minifier has to keep the methods of
 * a class, for it cannot know which are called; and we use about half of this one's.
 */
import { parse } from 'acorn'

/** The file that this is about. */
export const SIMPLE_PEER_FILE = /[\\/]@thaunknown[\\/]simple-peer[\\/]lite\.js$/

const UNUSED = new Set([
  // net/channel.ts overrides them without calling them.
  ...['_debug', '_maybeReady', '_addIceCandidate', '__destroy', '_destroy'],
  ...['_onChannelOpen', '_onChannelMessage', '_onChannelBufferedAmountLow', '_onChannelClose'],
  // Called by those only.
  ...['getStats', '_onInterval'],
  // Parts of its stream, which carries nothing.
  ...['_write', '_final', '_onFinish'],
  // Called by nobody.
  ...['bufferSize', 'connected', 'address'],
])

/**
 * The source of simple-peer's `lite.js` without those, and without what it says to a debugger.
 * @throws Error when a method is not there: another version, for which the list above must be checked
 */
export function trimSimplePeer(source) {
  const tree = parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
  const peer = tree.body.find(node => node.type === 'ClassDeclaration' && node.id.name === 'Peer')
  const unused = peer.body.body.filter(member => UNUSED.has(member.key.name))
  if (unused.length !== UNUSED.size) throw new Error('simple-peer has changed: see build/simple-peer.js')
  const rest = peer.body.body.filter(member => !unused.includes(member))
  const cuts = [...unused, ...rest.flatMap(debugStatements)].sort((a, b) => b.start - a.start)
  return cuts.reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), source)
}

/** Every statement `this._debug(…)` below a node. */
function debugStatements(node) {
  if (node === null || typeof node !== 'object') return []
  if (node.type === 'ExpressionStatement' && node.expression.callee?.property?.name === '_debug') return [node]
  return Object.values(node).flatMap(debugStatements)
}
