/**
 * Names of properties that the bundle may shorten, because nobody outside could ever use them.
 *
 * The type checker finds them, so that no list is kept by hand. A name that src declares stays as it is
 * - when the types that src/index.ts exports reach it: users hold, make or implement such objects;
 * - when it is looked up in what src does not declare, or given to what takes any properties (`any`, `unknown`, an index
 *   signature): JSON, dicts of bencode, records of IndexedDB, reports of WebRTC, details of errors;
 * - when the platform has a member of that name, or a dependency the word, anywhere;
 * - when a string in the code is it, by which a property could be looked up.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SyntaxKind } from 'typescript/unstable/ast'
import { parse } from 'acorn'
import { API, SignatureKind, SymbolFlags, TypeFlags } from 'typescript/unstable/sync'
import { nodesOf, trimSimplePeer } from './simple-peer.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const SUBSTITUTES = join(ROOT, 'build/substitutes')

/** What a site's service worker is made of (test/support/rooms.ts). */
const WORKER_ROOMS = /^site\/(table|keys|http|bridge|service-worker|worker\/.*)\.ts$/

/** Nodes that name a property. */
const MEMBERS = new Set([
  SyntaxKind.PropertySignature,
  SyntaxKind.PropertyDeclaration,
  SyntaxKind.PropertyAssignment,
  SyntaxKind.ShorthandPropertyAssignment,
  SyntaxKind.MethodSignature,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
])

/**
 * The name cache that makes terser put a `$` before these, and before what begins with an underscore, which is simple-peer's. They are
 * named in build/best-names.js.
 * @param options.namesOfOthers names that stay as they are besides: of globals that the type checker has no library of
 */
export function innerNames({ namesOfOthers = [] } = {}) {
  const { declared, kept } = readNames()
  for (const name of namesOfOthers) kept.add(name)
  for (const word of wordsBeside()) (word.startsWith('_') ? declared : kept).add(word)
  const inner = [...declared].filter(name => !kept.has(name))
  return { props: { props: Object.fromEntries(inner.map(name => [`$${name}`, `$${name}`])) } }
}

function readNames() {
  const api = new API({ cwd: ROOT })
  try {
    const [project] = api.updateSnapshot({ openProject: join(ROOT, 'tsconfig.json') }).getProjects()
    return new Names(project)
  } finally {
    api.close()
  }
}

class Names {
  /** Of properties that src declares. */
  declared = new Set()
  /** Among them, and others, those that somebody else may use. */
  kept = new Set()
  #checker
  /** Types that were looked through. */
  #seen = new Set()

  constructor({ checker, program }) {
    this.#checker = checker
    for (const path of program.getSourceFileNames()) {
      if (isBundled(path)) this.#collect(program.getSourceFile(path))
      else if (/\/lib\.[^/]*\.d\.ts$/.test(path)) this.#keepMembers(program.getSourceFile(path))
    }
    const index = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, 'src/index.ts')))
    for (const exported of checker.getExportsOfModule(index)) {
      const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      if (symbol.flags & SymbolFlags.Type) this.#keepType(checker.getDeclaredTypeOfSymbol(symbol))
      if (symbol.flags & SymbolFlags.Value) this.#keepType(checker.getTypeOfSymbol(symbol))
    }
  }

  /** Every member that one of the platform's types declares. */
  #keepMembers(node) {
    if (MEMBERS.has(node.kind) && node.name) this.kept.add(node.name.text)
    node.forEachChild(child => this.#keepMembers(child))
  }

  /** All that can be reached from a type, but for what constructors take: what users may pass to one is an exported type. */
  #keepType(type) {
    if (this.#seen.has(type.id)) return
    this.#seen.add(type.id)
    const checker = this.#checker
    for (const part of [...partsOf(type), ...type.getAliasTypeArguments()]) this.#keepType(part)
    if (type.isIntersectionType()) for (const part of type.getTypes()) this.#keepType(part)
    if (type.isTypeReference()) for (const argument of checker.getTypeArguments(type)) this.#keepType(argument)
    for (const signature of checker.getSignaturesOfType(type, SignatureKind.Call)) {
      for (const parameter of signature.getParameters()) this.#keepType(checker.getTypeOfSymbol(parameter))
      this.#keepType(checker.getReturnTypeOfSignature(signature))
    }
    for (const { valueType } of checker.getIndexInfosOfType(type)) this.#keepType(valueType)
    for (const property of checker.getPropertiesOfType(type)) {
      if (property.name.startsWith('__#') || !isOurs(property)) continue
      this.kept.add(property.name)
      this.#keepType(checker.getTypeOfSymbol(property))
    }
  }

  /** Names that a node and those below it declare, and those that they hand out. */
  #collect(node) {
    const { kind, name, text, parent } = node
    if (MEMBERS.has(kind) && name.kind === SyntaxKind.Identifier) this.declared.add(name.text)
    if (kind === SyntaxKind.StringLiteral && parent.kind !== SyntaxKind.LiteralType) this.kept.add(text)
    if (kind === SyntaxKind.PropertyAccessExpression) this.#collectAccess(name)
    if (kind === SyntaxKind.ObjectBindingPattern) this.#collectPattern(node)
    if (kind === SyntaxKind.ObjectLiteralExpression) this.#collectLiteral(node)
    if (kind === SyntaxKind.CallExpression) this.#collectCall(node)
    node.forEachChild(child => this.#collect(child))
  }

  #collectAccess(name) {
    if (!isOurs(this.#checker.getSymbolAtLocation(name))) this.kept.add(name.text)
  }

  #collectPattern(pattern) {
    const type = this.#checker.getTypeAtLocation(pattern)
    for (const { propertyName, name, dotDotDotToken } of pattern.elements) {
      if (dotDotDotToken !== undefined) continue
      const { text } = propertyName ?? name
      this.#keepUndeclared(type, text)
    }
  }

  #collectLiteral(literal) {
    const expected = this.#checker.getContextualType(literal)
    if (expected === undefined) return
    for (const { kind, name, expression, initializer } of literal.properties) {
      if (kind === SyntaxKind.SpreadAssignment) {
        if (this.#isOpen(expected)) this.#keepType(this.#checker.getTypeAtLocation(expression))
      } else {
        this.#keepUndeclared(expected, name.text)
        this.#collectGiven(initializer ?? name)
      }
    }
  }

  /** What is handed to functions of the platform or of a dependency. Those that only tell what a value is keep nothing of it. */
  #collectCall(call) {
    const signature = this.#checker.getResolvedSignature(call)
    if (signature === undefined || isBundled(signature.declaration?.path ?? '')) return
    if (this.#checker.getTypePredicateOfSignature(signature) !== undefined) return
    for (const argument of call.arguments) this.#collectGiven(argument)
  }

  /** Everything in a value that stands where anything may. */
  #collectGiven(value) {
    const expected = this.#checker.getContextualType(value)
    if (expected !== undefined && this.#isOpen(expected)) this.#keepType(this.#checker.getTypeAtLocation(value))
  }

  /** Keeps the name of a property that stands where a type may have any, and that this type does not declare. */
  #keepUndeclared(type, name) {
    const isDeclared = part => this.#checker.getPropertyOfType(part, name) !== undefined
    if (name !== undefined && this.#isOpen(type) && !partsOf(type).some(isDeclared)) this.kept.add(name)
  }

  /** Whether a type takes properties that it does not declare. */
  #isOpen(type) {
    return partsOf(type).some(
      part =>
        part.flags & (TypeFlags.AnyOrUnknown | TypeFlags.NonPrimitive) ||
        this.#checker.getIndexInfosOfType(part).some(({ keyType }) => keyType.flags & TypeFlags.String),
    )
  }
}

/** The types of a union, or the type itself. */
function partsOf(type) {
  return type.isUnionType() ? type.getTypes().flatMap(partsOf) : [type]
}

/** Whether a symbol of the checker is declared in src. */
function isOurs(symbol) {
  return symbol?.declarations.some(({ path }) => isBundled(path)) ?? false
}

/** Neither Node's part nor a site's, but for its service worker, is in what this is for: the page script keeps its names. */
function isBundled(path) {
  if (!path.startsWith(join(ROOT, 'src/'))) return false
  const room = path.slice(join(ROOT, 'src/').length)
  return !/^(node|site)\//.test(room) || WORKER_ROOMS.test(room)
}

/** Every word of what is bundled beside src, as it is bundled: comments, and what is cut, use none. */
function wordsBeside() {
  const { resolve } = createRequire(import.meta.url)
  const sources = [
    trimSimplePeer(readFileSync(resolve('@thaunknown/simple-peer/lite.js'), 'utf8')),
    readFileSync(resolve('idb-keyval').replace(/[^\\/]+$/, 'index.js'), 'utf8'),
    ...readdirSync(SUBSTITUTES).map(file => readFileSync(join(SUBSTITUTES, file), 'utf8')),
  ]
  return sources
    .flatMap(source => nodesOf(parse(source, { ecmaVersion: 'latest', sourceType: 'module' })))
    .flatMap(({ type, name, value }) => (type === 'Identifier' ? name : type === 'Literal' ? String(value) : []))
}
