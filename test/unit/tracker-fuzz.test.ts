/** A short run of `npm run fuzz`: altered messages of real clients make the tracker neither throw nor grow. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fuzzTracker } from '../fuzz/tracker.ts'

it('a tracker outlives whatever it is told', async t => {
  const seed = Date.now() % 1_000_000
  t.diagnostic(`seed ${seed}`)
  const { refused, relayed, messages } = await fuzzTracker({ seed, messages: 20_000 })
  assert.ok(
    refused > 1_000 && messages - refused > 1_000 && relayed > 100,
    `${refused} refused, ${relayed} relayed, seed ${seed}`,
  )
})
