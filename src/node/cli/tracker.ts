/** `shoal tracker`: the meeting point alone. */
import { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import type { IceOptions, RunningTracker } from '../../../tracker/index.ts'
import { collectOrigins, iceServerOption, iceServers, parseCount, parsePort } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './failure.ts'
import { runService, type ServiceOptions } from './service.ts'

const EXAMPLES = `
Examples:
  $ shoal tracker                      on ws://localhost:8000
  $ shoal tracker --port 0             on a free port, which it prints
  $ shoal tracker --host 127.0.0.1     for this machine alone
  $ shoal tracker --ice-server turn:turn.example:3478 --turn-secret turn.secret --ice-origin https://example.org
                                       lends a TURN server to that site's visitors, with passwords that last an hour

It answers /health and /stats.json over HTTP. Ctrl-C ends it, after telling its clients.
`

interface TrackerArguments extends ServiceOptions {
  readonly iceServer?: readonly string[]
  readonly turnSecret?: string
  readonly iceOrigin?: readonly string[]
}

export function trackerCommand(context: CommandContext): Command {
  return new Command('tracker')
    .description('run a tracker: the meeting point of peers')
    .option('-p, --port <number>', 'port to listen on; 0 takes a free one', parsePort, 8000)
    .option('--host <address>', 'address to listen on (default: every address of this machine)')
    .addOption(iceServerOption('STUN or TURN server that clients are lent'))
    .option('--turn-secret <file>', "holds the secret of these TURN servers: coturn's static-auth-secret")
    .option('--ice-origin <url>', 'origin of a site whose pages alone are lent them; repeat for more', collectOrigins)
    .option('--drain <seconds>', 'how long clients are given to leave at the end', parseCount, 3)
    .addHelpText('after', EXAMPLES)
    .action(async (options: TrackerArguments) => {
      const ice = await iceOptions(options)
      const announce = (tracker: RunningTracker) => context.terminal.print(`listening on ${tracker.url}`)
      await runService(context, options, { ice, announce })
    })
}

/** @throws UsageError where anybody could use the operator's TURN servers */
async function iceOptions({ iceServer = [], turnSecret, iceOrigin }: TrackerArguments): Promise<IceOptions> {
  const servers = iceServers(iceServer).map(server => ({ ...server, urls: [server.urls].flat() }))
  if (turnSecret === undefined) return { iceServers: servers, ...(iceOrigin && { iceOrigins: iceOrigin }) }
  if (!iceOrigin)
    throw new UsageError('Name the sites whose visitors may use the TURN servers: --ice-origin https://example.org')
  return { iceServers: servers, iceOrigins: iceOrigin, turnSecret: (await readFile(turnSecret, 'utf8')).trim() }
}
