/** The `npm run sim` command: gives the simulator its arguments, its terminal and the signals of this process. */
import { SIGNAL_EXIT, type StopSignal, Stopped } from '../../../src/node/cli/failure.ts'
import { openTerminal } from '../../../src/node/cli/terminal.ts'
import { runSimulator } from './program.ts'

const stopping = new AbortController()

/** The first signal ends the run with its figures so far; a second does not wait for them. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(SIGNAL_EXIT[signal])
    stop(signal)
  })
}

// `… --trace | head`: whoever read this is gone, which is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  stop('SIGPIPE')
})

process.exitCode = await runSimulator(process.argv.slice(2), {
  terminal: openTerminal({ stdout: process.stdout, stderr: process.stderr, now: () => performance.now() }),
  signal: stopping.signal,
  now: () => performance.now(),
  processorMs: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
})

function stop(signal: StopSignal): void {
  if (!stopping.signal.aborted) stopping.abort(new Stopped(signal))
}
