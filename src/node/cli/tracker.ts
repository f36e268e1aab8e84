/** `shoal tracker`: the meeting point alone. */
import { Command } from 'commander'
import { parseCount, parsePort } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { runService, type ServiceOptions } from './service.ts'

const EXAMPLES = `
Examples:
  $ shoal tracker                      on ws://localhost:8000
  $ shoal tracker --port 0             on a free port, which it prints
  $ shoal tracker --host 127.0.0.1     for this machine alone

It answers /health and /stats.json over HTTP. Ctrl-C ends it, after telling its clients.
`

export function trackerCommand(context: CommandContext): Command {
  return new Command('tracker')
    .description('run a tracker: the meeting point of peers')
    .option('-p, --port <number>', 'port to listen on; 0 takes a free one', parsePort, 8000)
    .option('--host <address>', 'address to listen on (default: every address of this machine)')
    .option('--drain <seconds>', 'how long clients are given to leave at the end', parseCount, 3)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ServiceOptions) => {
      await runService(context, options, { announce: tracker => context.terminal.print(`listening on ${tracker.url}`) })
    })
}
