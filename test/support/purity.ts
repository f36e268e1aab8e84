/** The purity rule of DESIGN.md: pure rooms read no clock, no randomness and no globals, and wait for nothing. */
import { type AnyNode, type Node, parse } from 'acorn'
import { transformSync } from 'esbuild'
import { importsOf } from './imports.ts'

/** Pure files and, ending in '/', folders. */
const PURE_ROOMS = [
  'src/metainfo/',
  'src/protocol/',
  'src/swarm/',
  'src/site/table.ts',
  'src/site/keys.ts',
  'src/site/http.ts',
  'src/site/bridge.ts',
  'src/site/policy.ts',
  'tracker/swarms.ts',
  'tracker/swarms/',
  'tracker/cluster/router.ts',
  'tracker/cluster/routing/',
  // And with it the whole simulator, which is to run alike in every engine.
  'test/sim/command/registry.ts',
  'test/sim/command/figures.ts',
] as const

/** Globals that know the time, the machine or chance, or that make things happen later. */
const FORBIDDEN_GLOBALS = new Set([
  ...['Date', 'performance', 'crypto', 'console', 'globalThis', 'window', 'indexedDB', 'localStorage'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame', 'requestIdleCallback'],
  ...['Promise', 'WebSocket', 'RTCPeerConnection', 'Worker', 'MessageChannel', 'eval', 'Function', 'WeakRef', 'Intl'],
])

/** More of them whose names are ordinary words, which a file may give to things of its own. */
const FORBIDDEN_WORDS = new Set(['fetch', 'process', 'navigator', 'location', 'self', 'global', 'document'])

/** Exact in every engine (IEEE 754 or integer); the others differ between engines, or are chance. */
const ALLOWED_MATH = new Set([
  'abs',
  'ceil',
  'clz32',
  'floor',
  'fround',
  'imul',
  'max',
  'min',
  'round',
  'sign',
  'sqrt',
  'trunc',
  'PI',
])

/** One sentence for each breach of the rule in a TypeScript source. */
export function impurities(path: string, source: string): string[] {
  const { code } = transformSync(source, { loader: 'ts', format: 'esm', target: 'esnext', sourcefile: path })
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  const ownNames = new Set<string>()
  walk(tree, (node, parent) => {
    if (node.type === 'Identifier' && isDeclaration(node, parent)) ownNames.add(node.name)
  })
  const isForbidden = (name: string): boolean =>
    FORBIDDEN_GLOBALS.has(name) || (FORBIDDEN_WORDS.has(name) && !ownNames.has(name))
  const found = new Set<string>()
  walk(tree, (node, parent) => {
    const breach = breachAt(node, parent, isForbidden)
    if (breach !== undefined) found.add(`${path} is pure and must not use ${breach}`)
  })
  return [...found]
}

/** The files that must be pure: those of pure rooms, and whatever they import at run time. */
export function pureFiles(files: ReadonlyMap<string, string>): string[] {
  const found = new Set<string>()
  const add = (path: string): void => {
    const source = files.get(path)
    if (source === undefined || found.has(path)) return
    found.add(path)
    for (const imported of importsOf(path, source)) {
      if (imported.path !== undefined && !imported.isType) add(imported.path)
    }
  }
  for (const path of files.keys()) {
    if (PURE_ROOMS.some(room => (room.endsWith('/') ? path.startsWith(room) : path === room))) add(path)
  }
  return [...found]
}

function breachAt(
  node: AnyNode,
  parent: AnyNode | undefined,
  isForbidden: (name: string) => boolean,
): string | undefined {
  switch (node.type) {
    case 'AwaitExpression':
      return 'await'
    case 'ForOfStatement':
      return node.await ? 'for await' : undefined
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node.async ? 'async' : undefined
    case 'ImportExpression':
      return 'import()'
    case 'BinaryExpression':
      return node.operator === '**' ? '**' : undefined
    case 'AssignmentExpression':
      return node.operator === '**=' ? '**=' : undefined
    case 'Identifier':
      if (isName(node, parent)) return undefined
      if (node.name === 'Math') return breachOfMath(parent)
      return isForbidden(node.name) ? node.name : undefined
    default:
      return undefined
  }
}

function breachOfMath(parent: AnyNode | undefined): string | undefined {
  if (parent?.type === 'MemberExpression' && !parent.computed && parent.property.type === 'Identifier') {
    return ALLOWED_MATH.has(parent.property.name) ? undefined : `Math.${parent.property.name}`
  }
  return 'Math as a value'
}

/** Where a variable, parameter or function gets its name; destructuring included. */
function isDeclaration(node: AnyNode, parent: AnyNode | undefined): boolean {
  switch (parent?.type) {
    case 'VariableDeclarator':
      return parent.id === node
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return (parent.params as readonly AnyNode[]).includes(node) || ('id' in parent && parent.id === node)
    case 'ObjectPattern':
    case 'ArrayPattern':
    case 'ImportSpecifier':
      return true
    default:
      return false
  }
}

/** A property's or label's name, which refers to nothing. */
function isName(node: AnyNode, parent: AnyNode | undefined): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.property === node && !parent.computed
    case 'Property':
      return parent.key === node && !parent.computed && !parent.shorthand
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.key === node && !parent.computed
    case 'ImportSpecifier':
    case 'ExportSpecifier':
      return true
    default:
      return false
  }
}

function walk(node: Node, visit: (node: AnyNode, parent: AnyNode | undefined) => void, parent?: AnyNode): void {
  const current = node as AnyNode
  visit(current, parent)
  for (const value of Object.values(current)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, current)
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
