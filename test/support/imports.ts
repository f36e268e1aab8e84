/** Reads what a TypeScript module imports, and finds cycles. */
import { posix } from 'node:path'

export interface Import {
  /** As written. */
  readonly specifier: string
  /** Path of the imported file in the repository; undefined for packages. */
  readonly path: string | undefined
  /** Erased by the compiler: no dependency at run time. */
  readonly isType: boolean
}

const CLAUSE = String.raw`(?:\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+\w+))?|\{[^}]*\})`
const FROM = new RegExp(String.raw`^[ \t]*(?:import|export)\s+(type\s+)?(${CLAUSE})\s*from\s*['"]([^'"]+)['"]`, 'gm')
const BARE = /^[ \t]*import\s*['"]([^'"]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g

/** Imports and re-exports of a module, static and dynamic, in no particular order. */
export function importsOf(path: string, source: string): Import[] {
  const code = withoutBlockComments(source)
  const of = (specifier: string, isType: boolean): Import => ({
    specifier,
    path: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
    isType,
  })
  return [
    ...[...code.matchAll(FROM)].map(([, type, clause, specifier]) =>
      of(specifier!, type !== undefined || isAllTypes(clause!)),
    ),
    ...[...code.matchAll(BARE)].map(([, specifier]) => of(specifier!, false)),
    ...[...code.matchAll(DYNAMIC)].map(([, specifier]) => of(specifier!, false)),
  ]
}

/** The first cycle of run-time imports that is found from each file, as paths, first and last the same. */
export function findCycles(files: ReadonlyMap<string, string>): string[][] {
  const cycles: string[][] = []
  const finished = new Set<string>()
  const trail: string[] = []
  const visit = (path: string): void => {
    if (finished.has(path)) return
    const at = trail.indexOf(path)
    if (at >= 0) {
      cycles.push([...trail.slice(at), path])
      return
    }
    trail.push(path)
    for (const { path: next, isType } of importsOf(path, files.get(path) ?? '')) {
      if (next !== undefined && !isType && files.has(next)) visit(next)
    }
    trail.pop()
    finished.add(path)
  }
  for (const path of files.keys()) visit(path)
  return cycles
}

/** `{ type A, type B }` and nothing else. */
function isAllTypes(clause: string): boolean {
  if (!clause.startsWith('{')) return false
  const names = clause
    .slice(1, -1)
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  return names.length > 0 && names.every(name => name.startsWith('type '))
}

/** Examples in docstrings are not imports. */
function withoutBlockComments(source: string): string {
  return source.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '')
}
