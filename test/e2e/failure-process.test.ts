/** A process that has closed its clients ends by itself, whatever they lived through. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { scratchFolder } from './support/cli.ts'
import { payloadBytes } from './support/payload.ts'
import { fileScope } from './support/scope.ts'
import { endChild, startShoalTracker } from './support/trackers.ts'

const scope = fileScope()
const tracker = startShoalTracker(scope)

/** From the last word of the script to the end of its process. */
const END_MS_MAX = 10_000

describe('a Node process ends by itself after close()', () => {
  for (const [kind, what] of [
    ['transfer', 'when a torrent was shared and received'],
    ['failures', 'when all sorts of things failed and nobody looked'],
    ['kept', 'when it is closed in the middle of a transfer'],
  ] as const) {
    it(what, { timeout: 90_000 }, async t => {
      const folder = await scratchFolder(t)
      await writeFile(join(folder, 'payload.bin'), payloadBytes(1, 0, 3_000_000))
      const life = JSON.stringify({ kind, tracker: (await tracker).url, folder })
      const script = 'test/e2e/support/node/life.ts'
      const child = spawn(process.execPath, ['--import', 'tsx', '--unhandled-rejections=strict', script, life], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      t.after(() => endChild(child))
      let output = ''
      let overAt = Number.NaN
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', chunk => {
          output += chunk
          if (output.includes('isOver')) overAt = performance.now()
        })
      }
      const lastWord = new Promise<void>(resolve => {
        child.stdout.on('data', () => output.includes('isOver') && resolve())
      })
      await Promise.race([lastWord, once(child, 'exit')])
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX)
      const [exitCode, signal] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode, null]
      clearTimeout(timer)
      assert.deepEqual({ exitCode, signal }, { exitCode: 0, signal: null }, output)
      assert.match(output, /isOver/)
      t.diagnostic(`ended ${Math.round(performance.now() - overAt)} ms after its last word`)
    })
  }
})
