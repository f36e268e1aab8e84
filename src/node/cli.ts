#!/usr/bin/env node
/** The `shoal` command: gives the program its arguments, its terminal and the signals of this process. */
import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type StopSignal, SIGNAL_EXIT, Stopped } from './cli/failure.ts'
import { runProgram } from './cli/program.ts'
import { openTerminal } from './cli/terminal.ts'

const stopping = new AbortController()
/** What a service does on SIGHUP. */
let hangUp: (() => void) | undefined

/** The first signal lets the command end in good order; a second does not wait for that. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A terminal's Ctrl-C reaches workers too; it is the first process that tells them when to go.
    if (signal === 'SIGINT' && cluster.isWorker) return
    if (signal === 'SIGHUP' && hangUp) return hangUp()
    if (stopping.signal.aborted) process.exit(SIGNAL_EXIT[signal])
    stop(signal)
  })
}

// `shoal inspect x | head -1`: whoever read this is gone, which is no error of ours, and no reason to go on.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  stop('SIGPIPE')
})
process.stderr.on('error', () => undefined)

const exitCode = await runProgram(process.argv.slice(2), {
  terminal: openTerminal({ stdout: process.stdout, stderr: process.stderr, now: () => performance.now() }),
  signal: stopping.signal,
  onHangUp: listener => {
    hangUp = listener
  },
  environment: process.env,
  writeBytes: bytes => process.stdout.write(bytes),
  version: packageVersion(),
})
// Native threads of WebRTC may outlive the work; the output must not be cut off by ending them.
await Promise.all([flush(process.stdout), flush(process.stderr)])
process.exit(exitCode)

function stop(signal: StopSignal): void {
  if (!stopping.signal.aborted) stopping.abort(new Stopped(signal))
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.destroyed || stream.writableEnded) return resolve()
    stream.write('', () => resolve())
  })
}

/** This file runs from `src/node` and from `dist/src/node`. */
function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
      return String(version)
    } catch (error) {
      if (dirname(folder) === folder) throw error
      folder = dirname(folder)
    }
  }
}
