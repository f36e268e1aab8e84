/** The fuzz command: `npm run fuzz -- --messages 10000000 --seed 1`. */
import { parseArgs } from 'node:util'
import { fuzzTracker } from './tracker.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const seed = Number(values.seed)
const messages = Number(values.messages)
console.log(`seed ${seed}, ${messages} messages to the tracker`)
const startedAt = performance.now()
const report = await fuzzTracker({
  seed,
  messages,
  onProgress: done => {
    if (done % 1_000_000 === 0)
      console.error(`${done / 1e6} million, ${Math.round((performance.now() - startedAt) / 1000)} s`)
  },
})
console.log(`${JSON.stringify(report)}, nothing thrown, ${Math.round((performance.now() - startedAt) / 1000)} s`)
