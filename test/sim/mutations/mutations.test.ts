/**
 * The power of the checkers: every planted bug is found by the checker whose job it is. A bug is a change of text that
 * exists only in a bundle in memory; nothing in `src/` knows of it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, it } from 'node:test'
import { build, type Plugin } from 'esbuild'
import { CASES } from '../cases/all.ts'
import { MUTATIONS } from './list.ts'
import { type Mutation, mutate } from './mutation.ts'
import { type Finding, runCase } from './plant.ts'

const SEEDS = [1, 2, 3] as const

/** The simulator with a bug in the swarm that it runs. */
async function plant(mutation: Mutation): Promise<typeof runCase> {
  const plugin: Plugin = {
    name: 'plant',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (basename(path) !== mutation.file || basename(dirname(path)) !== 'swarm') return undefined
        return { contents: mutate(readFileSync(path, 'utf8'), mutation), loader: 'ts' }
      })
    },
  }
  const { outputFiles } = await build({
    entryPoints: ['test/sim/mutations/plant.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'esnext',
    logLevel: 'silent',
    plugins: [plugin],
  })
  const url = `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`
  const planted: { runCase: typeof runCase } = await import(url)
  return planted.runCase
}

/** The first seed's finding; a bug that only chance shows may need another. */
function find(run: typeof runCase, name: string): Finding | undefined {
  for (const seed of SEEDS) {
    const finding = run(name, seed)
    if (finding !== undefined) return finding
  }
  return undefined
}

describe('the swarm as it is', () => {
  for (const { name } of CASES) {
    it(`breaks no rule: ${name}`, () => {
      const finding = find(runCase, name)
      assert.equal(finding, undefined, finding?.message)
    })
  }
})

describe('a planted bug is found', () => {
  it('whatever the bug: the list is long, and every bug has a name of its own', () => {
    assert.ok(MUTATIONS.length >= 25)
    assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length)
  })

  it('and the README lists it', () => {
    const readme = readFileSync('test/sim/README.md', 'utf8')
    for (const { name, file, shownBy, foundBy } of MUTATIONS) {
      assert.ok(
        readme.includes(`| ${name} | ${file} | ${shownBy} | ${foundBy} |`),
        `test/sim/README.md misses: ${name}`,
      )
    }
  })

  for (const mutation of MUTATIONS) {
    it(`${mutation.name} (${mutation.shownBy}: ${mutation.foundBy})`, async () => {
      const finding = find(await plant(mutation), mutation.shownBy)
      assert.equal(finding?.checker, mutation.foundBy, finding?.message ?? 'No checker objected.')
    })
  }
})
