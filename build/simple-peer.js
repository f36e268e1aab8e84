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
  ...['_needsNegotiation', '_onSignalingStateChange'],
  // Called by those only.
  ...['getStats', '_onInterval', 'negotiate'],
  // Parts of its stream, which carries nothing.
  ...['_write', '_final', '_onFinish'],
  // What connectionState says too.
  '_onIceStateChange',
  // As `_createOffer`, which is told which of both it makes.
  '_createAnswer',
  // Called by nobody.
  ...['bufferSize', 'connected', 'address'],
])

/** Conditions that are never true: signals come as objects of two kinds, and nothing is negotiated twice. */
const NEVER_TRUE = new Set([
  "typeof data === 'string'",
  'data.renegotiate && this.initiator',
  'data.transceiverRequest && this.initiator',
  '!data.sdp && !data.candidate && !data.renegotiate && !data.transceiverRequest',
  '!event.channel',
  // net/channel.ts looks before it makes a Peer.
  '!RTCPeerConnection',
])

/** Where the connection's handler of this name is set to one of the methods: to be left out. */
const handler = (name, method) => [`this._pc.${name} = () => {\n      this.${method}()\n    }`, '']

/** What is always so here, or does nothing, and what to write for it. */
const PLAINER = [
  // Nobody names channels or peers, transforms descriptions, or passes options for channels, offers and answers.
  ['this._id = arr2hex(randomBytes(4)).slice(0, 7)', ''],
  ['opts.channelName || arr2hex(randomBytes(20))', "''"],
  ['(this.channelName, this.channelConfig)', "('')"],
  ['opts.channelConfig || Peer.channelConfig', '{}'],
  ['this.channelNegotiated = this.channelConfig.negotiated', ''],
  ['Peer.channelConfig = {}', ''],
  [' || this.channelNegotiated', ''],
  ['offer.sdp = this.sdpTransform(offer.sdp)', ''],
  ['answer.sdp = this.sdpTransform(answer.sdp)', ''],
  ['(this.offerOptions)', '()'],
  ['(this.answerOptions)', '()'],
  [' && !this.allowHalfTrickle', ''],
  ['if (!this.initiator) this._requestMissingTransceivers?.()', ''],
  // net/channel.ts passes all that has a default, and ends without its help.
  ['Object.assign({}, Peer.config, opts.config)', 'opts.config'],
  ['opts.trickle !== undefined ? opts.trickle : true', 'opts.trickle'],
  ['opts.iceCompleteTimeout || ICECOMPLETE_TIMEOUT', 'opts.iceCompleteTimeout'],
  ['opts.initiator || false', 'opts.initiator'],
  ['if (this._destroying) return', ''],
  [' || this._destroying', ''],
  // net/channel.ts calls nothing of a peer that has ended.
  ["if (this.destroyed) throw errCode(new Error('cannot signal after peer is destroyed'), 'ERR_DESTROYED')", ''],
  ["if (this.destroyed) throw errCode(new Error('cannot send after peer is destroyed'), 'ERR_DESTROYED')", ''],
  // One of the two descriptions is made, in the same way.
  ['this._pc.createOffer()', "this._pc[this.initiator ? 'createOffer' : 'createAnswer']()"],
  ['this._createAnswer()', 'this._createOffer()'],
  // Plain objects will do, and what was set is there.
  ['new RTCSessionDescription(data)', 'data'],
  ['this._pc.localDescription || offer', 'this._pc.localDescription'],
  ['this._pc.remoteDescription && this._pc.remoteDescription.type', 'this._pc.remoteDescription'],
  ["typeof this._channel.bufferedAmountLowThreshold === 'number'", 'true'],
  ['this._channel && this._channel.readyState', 'this._channel.readyState'],
  ['const err = event.error instanceof Error', 'const err = true'],
  // Timers that would keep Node running.
  ['unrefTimeout(() =>', 'setTimeout(() =>'],
  ['unrefInterval(() =>', 'setInterval(() =>'],
  // What these call is cut, or does nothing.
  ...['oniceconnectionstatechange', 'onicegatheringstatechange'].map(name => handler(name, '_onIceStateChange')),
  handler('onsignalingstatechange', '_onSignalingStateChange'),
  // The stream's options.
  ['opts = Object.assign({\n      allowHalfOpen: false\n    }, opts)', ''],
  ['super(opts)', 'super()'],
]

/** Options that net/channel.ts passes; the others have their defaults. */
const PASSED = new Set(['initiator', 'trickle', 'iceCompleteTimeout', 'config'])

/** Events that somebody listens for. */
const HEARD = new Set(['signal', 'error', '_iceComplete'])

/** Fields that net/channel.ts reads. */
const READ_BY_CHANNEL = new Set([
  'initiator',
  '_pc',
  '_channel',
  '_iceComplete',
  '_iceCompleteTimer',
  '_closingInterval',
])

/**
 * The source of simple-peer's `lite.js` without those, and without what nobody hears or reads.
 * @throws Error when a method or condition is not there: another version, for which the lists above must be checked
 */
export function trimSimplePeer(original) {
  const source = PLAINER.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`simple-peer has no ${from}: see build/simple-peer.js`)
      return text.replaceAll(from, to)
    },
    original.replaceAll('\r\n', '\n'),
  )
  const tree = parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
  const peer = tree.body.find(node => node.type === 'ClassDeclaration' && node.id.name === 'Peer')
  const unused = peer.body.body.filter(member => UNUSED.has(member.key.name))
  peer.body.body = peer.body.body.filter(member => !unused.includes(member))
  const unreachable = nodesOf(peer).filter(
    node => node.type === 'IfStatement' && NEVER_TRUE.has(source.slice(node.test.start, node.test.end)),
  )
  if (unused.length !== UNUSED.size || unreachable.length !== NEVER_TRUE.size) {
    throw new Error('simple-peer has changed: see build/simple-peer.js')
  }
  const cuts = [...unused, ...unreachable]
  const isCut = node => cuts.some(({ start, end }) => start <= node.start && node.end <= end)
  cuts.push(...nodesOf(peer).filter(node => !isCut(node) && isUnheard(node)))
  // The codes of errors, which are passed on for what they say.
  for (const { type, callee, arguments: passed } of nodesOf(peer).filter(node => !isCut(node))) {
    if (type === 'CallExpression' && callee.name === 'errCode') cuts.push({ start: passed[0].end, end: passed[1].end })
  }
  for (const { type, object, property, start, end } of nodesOf(peer)) {
    const isUnpassed = type === 'MemberExpression' && object.name === 'opts' && !PASSED.has(property.name)
    if (isUnpassed) cuts.push({ start, end, by: 'undefined' })
  }
  // Servers of its own choice; net/channel.ts always names those to use.
  cuts.push(tree.body.find(node => source.slice(node.start, node.end).startsWith('Peer.config =')))
  const left = nodesOf(peer).filter(node => !isCut(node))
  const assignments = left.filter(isFieldAssignment)
  const targets = new Set(assignments.map(({ expression }) => expression.left))
  const read = new Set(left.filter(node => isField(node) && !targets.has(node)).map(node => node.property.name))
  for (const statement of assignments) {
    const { name } = statement.expression.left.property
    if (!read.has(name) && !READ_BY_CHANNEL.has(name)) cuts.push(statement)
  }
  const outermost = cuts.filter(
    cut => !cuts.some(other => other !== cut && other.start <= cut.start && cut.end <= other.end),
  )
  outermost.sort((a, b) => b.start - a.start)
  return outermost.reduce((text, { start, end, by = '' }) => text.slice(0, start) + by + text.slice(end), source)
}

/** A statement `this._debug(…)`, or one about an event that nobody listens for, or that never comes. */
function isUnheard({ type, expression }) {
  if (type !== 'ExpressionStatement' || expression.callee?.object?.type !== 'ThisExpression') return false
  const { name } = expression.callee.property
  return name === '_debug' || (['emit', 'once'].includes(name) && !HEARD.has(expression.arguments[0].value))
}

function isField(node) {
  return node.type === 'MemberExpression' && node.object.type === 'ThisExpression'
}

/** A statement `this.field = value`, whose value does nothing but be. */
function isFieldAssignment({ type, expression }) {
  return (
    type === 'ExpressionStatement' &&
    expression.type === 'AssignmentExpression' &&
    isField(expression.left) &&
    (expression.right.type === 'ArrowFunctionExpression' ||
      !nodesOf(expression.right).some(({ type }) => ['CallExpression', 'NewExpression'].includes(type)))
  )
}

/** A node and all below it. */
export function nodesOf(node) {
  if (node === null || typeof node !== 'object') return []
  const below = Object.values(node).flatMap(nodesOf)
  return typeof node.type === 'string' ? [node, ...below] : below
}
