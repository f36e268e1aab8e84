/**
 * The order of functions and classes in the bundle that compresses best: gzip finds repetitions at most 32 KB back, so what is alike
 * has to stand close together. Where they stand changes nothing else: functions are there from the start, and classes come before all
 * that runs when the bundle is loaded.
 *
 * First each is put behind those that it has most in common with. Then single ones are moved beside others that they are like, where
 * that makes the bundle smaller; they are drawn by a fixed rule, so that the same code gives the same bundle.
 */
import { gzipSync } from 'node:zlib'
import { parse } from 'acorn'

/** How far back gzip looks, less what a function may be long. */
const WINDOW_CHARS = 30_000
/** Length of the shreds of code by which likeness is told. */
const SHRED_CHARS = 6
/** Moves that are tried, some 10 ms each. */
const MOVES = 1500
/** Beside how many others one may be moved. */
const NEIGHBOURS = 6

/** A rollup plugin that puts finished chunks in order. */
export function bestOrder() {
  return {
    name: 'best-order',
    renderChunk(code) {
      const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
      const statements = body.map(node => new Statement(node, code))
      const fixed = statements.filter(({ isMovable }) => !isMovable)
      const movable = statements.filter(({ isMovable }) => isMovable)
      return joined([...improved(alikeTogether(movable), fixed), ...fixed])
    },
  }
}

class Statement {
  constructor(node, code) {
    this.start = node.start
    this.isMovable = isMovable(node)
    const text = code.slice(node.start, node.end)
    this.text = this.isMovable || text.endsWith(';') ? text : `${text};`
    this.shreds = new Set()
    for (let at = SHRED_CHARS; at <= text.length; at++) this.shreds.add(text.slice(at - SHRED_CHARS, at))
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

/** How much a statement has of what `isThere`, for its length; what few have counts more. */
function likeness({ shreds, text }, isThere, owners) {
  let sum = 0
  for (const shred of shreds) if (isThere(shred)) sum += 1 / owners.get(shred)
  return sum / text.length
}

/** How many statements have each shred. */
function ownersOf(statements) {
  const owners = new Map()
  for (const { shreds } of statements) for (const shred of shreds) owners.set(shred, (owners.get(shred) ?? 0) + 1)
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

/** The same statements, those of the greatest likeness first. */
function mostLike(statements, likenessOf) {
  const likenesses = new Map(statements.map(each => [each, likenessOf(each)]))
  return statements.sort((a, b) => likenesses.get(b) - likenesses.get(a))
}

/** Moved one after the other to where that makes the whole smaller. */
function improved(statements, fixed) {
  const owners = ownersOf(statements)
  const neighbours = new Map()
  for (const one of statements) {
    const others = statements.filter(other => other !== one)
    const common = other => likeness(one, shred => other.shreds.has(shred), owners)
    neighbours.set(one, mostLike(others, common).slice(0, NEIGHBOURS))
  }
  const random = randomNumbers()
  let best = statements
  let bestBytes = bytesOf([...best, ...fixed])
  for (let n = 0; n < MOVES; n++) {
    const order = [...best]
    const [one] = order.splice(random(order.length), 1)
    order.splice(order.indexOf(neighbours.get(one)[random(NEIGHBOURS)]) + random(2), 0, one)
    const bytes = bytesOf([...order, ...fixed])
    if (bytes < bestBytes) {
      best = order
      bestBytes = bytes
    }
  }
  return best
}

function bytesOf(statements) {
  return gzipSync(statements.map(({ text }) => text).join(''), { level: 9 }).length
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
