/** Which requests browsers bring to a site's worker. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { routesFor } from '../../src/site/routes.ts'

/** URL patterns of what does not pass the worker by. */
function patternsFor(...paths: readonly string[]): (string | undefined)[] | undefined {
  return routesFor(paths)[1]?.condition.not?.or?.map(({ urlPattern }) => urlPattern)
}

describe('the routes of a worker', () => {
  it('are the folders of listed files, and those above them where there are many', () => {
    assert.deepEqual(patternsFor('/a/b/c.png', '/a/d.png'), ['/a/*', '/a/b/*'])
    const many = Array.from({ length: 20 }, (_, i) => `/a/${i}/x.png`)
    assert.deepEqual(patternsFor(...many), ['/a/*'])
    assert.deepEqual(patternsFor(...many, '/y.png'), ['/*', '/a/*'])
    const tops = Array.from({ length: 20 }, (_, i) => `/${i}/x.png`)
    assert.deepEqual(patternsFor(...tops), ['/*'])
    assert.deepEqual(patternsFor('/a-b/(c)/d.png'), ['/a\\-b/\\(c\\)/*'], 'patterns')
  })

  it('are other hosts as a whole', () => {
    const foreign = 'https://assets.example:8443/a.png'
    const all = ['/*', 'http://b.example/*', 'https://assets.example:8443/*']
    assert.deepEqual(patternsFor('/a.png', foreign, 'http://b.example/img/c.png'), all)
    assert.deepEqual(patternsFor(foreign), ['https://assets.example:8443/*'])
  })

  it('leave pages themselves, and what is not listed, to the network', () => {
    const [navigation, unlisted, ...others] = routesFor(['/a.png'])
    assert.deepEqual(navigation, { condition: { requestMode: 'navigate' }, source: 'network' })
    assert.deepEqual(unlisted, { condition: { not: { or: [{ urlPattern: '/*' }] } }, source: 'network' })
    assert.deepEqual(others, [])
  })
})
