/**
 * The order of functions, classes and their methods in the bundle that compresses best: gzip finds repetitions at most 32 KB back, so
 * what is alike has to stand close together. Where they stand changes nothing else: functions are there from the start, classes come
 * before all that runs when the bundle is loaded, and methods have no order.
 *
 * First functions and classes are moved to where they are close to what they are like (build/closeness.js), then these and methods to
 * where gzip says that the bundle is smaller. What is moved is drawn by a fixed rule, so that the same code gives the same bundle.
 */
import { gzipSync } from 'node:zlib'
import { parse } from 'acorn'
import { Closeness } from './closeness.js'
import { randomNumbers } from './random.js'
import { nodesOf } from './simple-peer.js'

/** Moves that are tried for closeness, some 0.1 ms each. */
const CLOSENESS_MOVES = 25_000
/** By how much a move may make things worse at first. */
const WORSE_MAX = 5
/** Moves that are tried with gzip, some 5 ms each. */
const MOVES = 6000
/** How hard gzip tries then: half as long as at its best, and what is smaller so is smaller then. */
const TRIAL_LEVEL = 6

/** A rollup plugin that puts finished chunks in order. @param seed of what is drawn */
export function bestOrder(seed) {
  return {
    name: 'best-order',
    renderChunk(code) {
      const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
      const all = body.map(node => new Statement(node, code))
      const movable = all.filter(({ isMovable }) => isMovable)
      const fixed = all.filter(({ isMovable }) => !isMovable)
      const random = randomNumbers(seed)
      const closeness = new Closeness([...movable, { text: fixed.map(({ text }) => text).join('') }])
      const statements = { items: arranged(movable, closeness, random) }
      const pieces = () => [...statements.items, ...fixed].flatMap(statement => statement.pieces())
      const methods = all.flatMap(statement => statement.methods)
      improve({ statements, methods, pieces, closeness, random })
      return joined(pieces())
    },
  }
}

/** The same in another order: one of them stands where another did. */
function moved(items, from, to) {
  const others = items.toSpliced(from, 1)
  return others.toSpliced(to, 0, items[from])
}

/** Moved about, ever less to where it is worse, until what is alike is close together. */
function arranged(statements, closeness, random) {
  let order = statements
  for (let n = 0; n < CLOSENESS_MOVES; n++) {
    const [from, to] = [random(order.length), random(order.length)]
    const worseMax = WORSE_MAX * (1 - n / CLOSENESS_MOVES) * (random(1000) / 1000)
    if (closeness.gain(order, from, to) > -worseMax) order = moved(order, from, to)
  }
  return order
}

/** Moves statements to where they are close to others, and methods within their classes, where that makes the whole smaller. */
function improve({ statements, methods, pieces, closeness, random }) {
  const rows = methods.flatMap(row => row.items.map(() => row))
  let bestBytes = bytesOf(pieces())
  for (let n = 0; n < MOVES; n++) {
    // Every other time a row of methods, where there are any.
    const row = (n % 2 === 1 && rows[random(rows.length)]) || statements
    const before = row.items
    let [from, to] = [0, 0]
    do {
      ;[from, to] = [random(before.length), random(before.length)]
    } while (from === to || (row === statements && closeness.gain(before, from, to) < -WORSE_MAX))
    row.items = moved(before, from, to)
    const bytes = bytesOf(pieces())
    if (bytes < bestBytes) bestBytes = bytes
    else row.items = before
  }
}

class Statement {
  /** Of each class in it, the methods. */
  methods = []
  /** What is between them, and for each of them the row and its place there. */
  #parts = []

  constructor(node, code) {
    const piece = (start, end) => ({ start, text: code.slice(start, end) })
    this.isMovable = isMovable(node)
    this.text = code.slice(node.start, node.end)
    let at = node.start
    for (const { body } of nodesOf(node).filter(({ type }) => type === 'ClassBody')) {
      const methods = body.filter(({ type, computed }) => type === 'MethodDefinition' && !computed)
      const row = { items: methods.map(({ start, end }) => piece(start, end)) }
      if (methods.length > 1) this.methods.push(row)
      for (const [index, { start, end }] of methods.entries()) {
        this.#parts.push({ piece: piece(at, start) }, { row, index })
        at = end
      }
    }
    this.#parts.push({ piece: piece(at, node.end) })
    if (!this.isMovable && !this.text.endsWith(';')) this.#parts.push({ piece: { text: ';', start: node.end } })
  }

  pieces() {
    return this.#parts.map(({ piece, row, index }) => piece ?? row.items[index])
  }
}

/** Whether a statement does nothing but declare what refers to others when it is called. */
function isMovable({ type, superClass, body }) {
  if (type === 'FunctionDeclaration') return true
  return type === 'ClassDeclaration' && isPlatform(superClass) && body.body.every(isMethodOrField)
}

/** Whether a class is none's child, or of one that was there before the bundle. */
function isPlatform(superClass) {
  return superClass === null || Object.hasOwn(globalThis, superClass.name)
}

/** Whether nothing runs for a member when its class is declared, unless it is to find out a name such as `Symbol.iterator`. */
function isMethodOrField({ type, static: isStatic, computed: isComputed, key }) {
  return type === 'MethodDefinition' ? !isComputed || key.object?.name === 'Symbol' : !isStatic && !isComputed
}

function bytesOf(pieces) {
  return gzipSync(pieces.map(({ text }) => text).join(''), { level: TRIAL_LEVEL }).length
}

/** A chunk of these pieces of one, and a source map that leads every word back to where it was: `start`. */
export function joined(pieces) {
  const segments = []
  let code = ''
  for (const { text, start } of pieces) {
    for (const { index } of text.matchAll(/[\w$]+|[^\w$]/g)) segments.push([code.length + index, 0, 0, start + index])
    code += text
  }
  return { code: `${code}\n`, map: { version: 3, names: [], sources: ['chunk'], mappings: [segments] } }
}
