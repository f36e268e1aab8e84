/** The site's policy: defaults are the documented ones, values are read, and what is none is refused. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { collectPolicy } from '../../src/node/cli/arguments.ts'
import { policyComplaint, readPolicy, SITE_POLICY } from '../../src/site/policy.ts'

const read = (fields: Record<string, number | string>) => readPolicy(new Map(Object.entries(fields)))

describe('a policy', () => {
  it('asks consent, bounds uploads and hides addresses where it says nothing', () => {
    assert.deepEqual(read({}), {
      consent: 'manual',
      uploadBytesPerSecond: 1024 * 1024,
      uploadBytesPerDay: 1024 * 1024 * 1024,
      allowsLan: false,
      isRelayOnly: false,
      trustedKeys: [],
      visitorsMin: 0,
      rolloutPercent: 100,
      hasBadge: false,
    })
  })

  it('is what it says', () => {
    const fields = {
      consent: 'automatic',
      'upload-rate': 0,
      'upload-day': 5,
      lan: 1,
      'relay-only': 1,
      trusted: `${'0a'.repeat(32)} ${'ff'.repeat(32)}`,
      'visitors-min': 12,
      rollout: 3,
      badge: 1,
    }
    assert.deepEqual(Object.keys(fields), Object.keys(SITE_POLICY), 'every name')
    assert.deepEqual(read(fields), {
      consent: 'automatic',
      uploadBytesPerSecond: 0,
      uploadBytesPerDay: 5,
      allowsLan: true,
      isRelayOnly: true,
      trustedKeys: [new Uint8Array(32).fill(10), new Uint8Array(32).fill(255)],
      visitorsMin: 12,
      rolloutPercent: 3,
      hasBadge: true,
    })
  })

  it('passes over names of later versions', () => {
    assert.deepEqual(read({ 'upload-week': 'much', badge: 1 }), { ...read({}), hasBadge: true })
  })

  const wrong: readonly (readonly [name: string, value: number | string])[] = [
    ['consent', 'never'],
    ['consent', 1],
    ['upload-rate', '1000'],
    ['upload-rate', 2 ** 30 + 1],
    ['upload-day', 2 ** 50 + 1],
    ['lan', 'yes'],
    ['relay-only', 2],
    ['trusted', 1],
    ['trusted', 'ff'],
    ['trusted', Array(4).fill('0a'.repeat(32)).join(' ')],
    ['visitors-min', 0.5],
    ['rollout', 101],
    ['badge', ''],
  ]
  for (const [name, value] of wrong)
    it(`is refused with ${name}: ${JSON.stringify(value)}`, () => {
      assert.throws(() => read({ [name]: value }), { code: 'site-format' })
      assert.match(policyComplaint(name, value)!, new RegExp(`"${name}" in a policy must be`))
    })

  it('has no entry that its owner could misspell unnoticed', () => {
    for (const name of ['uploadRate', '__proto__', 'toString', ''])
      assert.match(policyComplaint(name, 1)!, /There are: consent, upload-rate/)
  })

  it('is in FORMAT.md with every name and default', () => {
    const format = readFileSync(new URL('../../src/site/FORMAT.md', import.meta.url), 'utf8')
    const rows = [...format.matchAll(/^\| `([\w-]+)` \| .* \| `?(\w+)`? \|$/gm)].map(([, name, value]) => [name, value])
    const documented = Object.fromEntries(rows)
    for (const [name, entry] of Object.entries(SITE_POLICY))
      assert.equal(documented[name], String(entry.default) || 'none', name)
  })
})

describe('--policy', () => {
  it('takes numbers and texts, the last one of a name', () => {
    const entries = ['consent=automatic', 'upload-rate=500', 'upload-rate=600']
    assert.deepEqual(
      entries.reduce((policy, entry) => collectPolicy(entry, policy), {}),
      { consent: 'automatic', 'upload-rate': 600 },
    )
  })

  for (const text of ['consent', 'consent=', 'upload-rate=', 'upload-rate=-1', 'upload-rate=1e6', 'speed=1', '=1'])
    it(`refuses ${text}`, () => assert.throws(() => collectPolicy(text), /a policy/i))
})
