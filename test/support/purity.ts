/** The purity rule of DESIGN.md: pure rooms read no clock, no randomness and no globals, and wait for nothing. */
import { type AnyNode, type Node, parse } from 'acorn'
import { transformSync } from 'esbuild'

/** Pure files and, ending in '/', folders. */
export const PURE_ROOMS = ['src/metainfo/', 'src/protocol/', 'src/swarm/', 'tracker/swarms.ts'] as const

/** Globals that know the time, the machine or chance, or that make things happen later. */
const FORBIDDEN_GLOBALS = new Set([
  ...['Date', 'performance', 'crypto', 'console', 'process', 'navigator', 'location'],
  ...['globalThis', 'window', 'self', 'global', 'document', 'indexedDB', 'localStorage'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame', 'requestIdleCallback'],
  ...[
    'Promise',
    'fetch',
    'WebSocket',
    'RTCPeerConnection',
    'Worker',
    'MessageChannel',
    'eval',
    'Function',
    'WeakRef',
    'Intl',
  ],
])

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
  const found = new Set<string>()
  walk(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), (node, parent) => {
    const breach = breachAt(node, parent)
    if (breach !== undefined) found.add(`${path} is pure and must not use ${breach}`)
  })
  return [...found]
}

export function isPure(path: string): boolean {
  return PURE_ROOMS.some(room => (room.endsWith('/') ? path.startsWith(room) : path === room))
}

function breachAt(node: AnyNode, parent: AnyNode | undefined): string | undefined {
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
      return FORBIDDEN_GLOBALS.has(node.name) ? node.name : undefined
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
