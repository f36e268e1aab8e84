/**
 * The order of functions, classes and their methods in the bundle that compresses best: gzip finds repetitions at most 32 KB back, so
 * what is alike has to stand close together. Where they stand changes nothing else: functions are there from the start, classes come
 * before all that runs when the bundle is loaded, and methods have no order.
 *
 * First each function and class is put behind those that it has most in common with. Then single ones, and methods, are moved beside
 * others that they are like, where that makes the bundle smaller; they are drawn by a fixed rule, so that the same code gives the same
 * bundle.
 */
import { gzipSync } from 'node:zlib'
import { parse } from 'acorn'
import { nodesOf } from './simple-peer.js'

/** How far back gzip looks, less what a function may be long. */
const WINDOW_CHARS = 30_000
/** Length of the shreds of code by which likeness is told. */
const SHRED_CHARS = 6
/** Moves that are tried, some 5 ms each. */
const MOVES = 3500
/** Beside how many others one may be moved. */
const NEIGHBOURS = 6
/** How hard gzip tries while moves are: half as long as at its best, and what is smaller so is smaller then. */
const TRIAL_LEVEL = 6

/** A rollup plugin that puts finished chunks in order. */
export function bestOrder() {
  return {
    name: 'best-order',
    renderChunk(code) {
      const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
      const all = body.map(node => new Statement(node, code))
      const statements = new Row(alikeTogether(all.filter(({ isMovable }) => isMovable)))
      const fixed = all.filter(({ isMovable }) => !isMovable)
      const pieces = () => [...statements.items, ...fixed].flatMap(statement => statement.pieces())
      const methods = all.flatMap(statement => statement.methods)
      improve([statements, ...methods], pieces)
      return joined(pieces())
    },
  }
}

/** A part of the code as it was, and where it was. */
class Piece {
  constructor(code, { start, end }) {
    this.start = start
    this.text = code.slice(start, end)
    this.shreds = new Set()
    for (let at = SHRED_CHARS; at <= this.text.length; at++) this.shreds.add(this.text.slice(at - SHRED_CHARS, at))
  }
}

/** What stands side by side in any order. */
class Row {
  #neighbours = new Map()

  constructor(items) {
    this.items = items
    const owners = ownersOf(items)
    for (const one of items) {
      const others = items.filter(other => other !== one)
      const common = other => likeness(one, shred => other.shreds.has(shred), owners)
      this.#neighbours.set(one, mostLike(others, common).slice(0, NEIGHBOURS))
    }
  }

  /** The items with one of them beside one that it is like. */
  moved(one, random) {
    const neighbours = this.#neighbours.get(one)
    const items = this.items.filter(item => item !== one)
    items.splice(items.indexOf(neighbours[random(neighbours.length)]) + random(2), 0, one)
    return items
  }
}

class Statement extends Piece {
  /** Of each class in it, the methods. */
  methods = []
  /** What is between them, and for each of them the row and its place there. */
  #parts = []

  constructor(node, code) {
    super(code, node)
    this.isMovable = isMovable(node)
    let at = node.start
    for (const { body } of nodesOf(node).filter(({ type }) => type === 'ClassBody')) {
      const methods = body.filter(({ type, computed }) => type === 'MethodDefinition' && !computed)
      const row = new Row(methods.map(method => new Piece(code, method)))
      if (methods.length > 1) this.methods.push(row)
      for (const [index, { start, end }] of methods.entries()) {
        this.#parts.push({ piece: new Piece(code, { start: at, end: start }) }, { row, index })
        at = end
      }
    }
    this.#parts.push({ piece: new Piece(code, { start: at, end: node.end }) })
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

/** How much a piece has of what `isThere`, for its length; what few have counts more. */
function likeness({ shreds, text }, isThere, owners) {
  let sum = 0
  for (const shred of shreds) if (isThere(shred)) sum += 1 / owners.get(shred)
  return sum / text.length
}

/** How many pieces have each shred. */
function ownersOf(pieces) {
  const owners = new Map()
  for (const { shreds } of pieces) for (const shred of shreds) owners.set(shred, (owners.get(shred) ?? 0) + 1)
  return owners
}

/** Each behind those that it has most in common with. */
function alikeTogether(statements) {
  const owners = ownersOf(statements)
  const rest = new Set(statements)
  const order = []
  const seenAt = new Map()
  let chars = 0
  const isNear = shred => seenAt.get(shred) > chars - WINDOW_CHARS
  for (
    let next = statements[0];
    next !== undefined;
    next = mostLike([...rest], each => likeness(each, isNear, owners))[0]
  ) {
    rest.delete(next)
    order.push(next)
    chars += next.text.length
    for (const shred of next.shreds) seenAt.set(shred, chars)
  }
  return order
}

/** The same pieces, those of the greatest likeness first. */
function mostLike(pieces, likenessOf) {
  const likenesses = new Map(pieces.map(each => [each, likenessOf(each)]))
  return pieces.sort((a, b) => likenesses.get(b) - likenesses.get(a))
}

/** Moves single items of rows to where that makes the whole smaller. What is in the first row does most, and is drawn more often. */
function improve(rows, pieces) {
  const items = rows.flatMap(row => row.items.map(item => ({ row, item })))
  const random = randomNumbers()
  let bestBytes = bytesOf(pieces())
  for (let n = 0; n < MOVES; n++) {
    const { row, item } = items[random(n % 2 === 0 ? items.length : rows[0].items.length)]
    const before = row.items
    row.items = row.moved(item, random)
    const bytes = bytesOf(pieces())
    if (bytes < bestBytes) bestBytes = bytes
    else row.items = before
  }
}

function bytesOf(pieces) {
  return gzipSync(pieces.map(({ text }) => text).join(''), { level: TRIAL_LEVEL }).length
}

/** Whole numbers below a count, always the same ones (xorshift). */
export function randomNumbers() {
  let state = 7
  return count => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % count
  }
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
