/** `shoal tracker`: the meeting point alone. */
import { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { openLog } from '../../../tracker/index.ts'
import type { CommandContext } from './context.ts'
import { runService } from './service.ts'
import { addFlags, resolveSettings, type Settings } from './settings.ts'
import { trackerOptions, trackerUpdate } from './tracker-files.ts'
import { TRACKER_PREFIX, TRACKER_SETTINGS, type TrackerValues } from './tracker-settings.ts'

const EXAMPLES = `
Examples:
  $ shoal tracker                      on ws://localhost:8000
  $ shoal tracker --port 0             on a free port, which it prints
  $ shoal tracker --host 127.0.0.1     for this machine alone
  $ shoal tracker --config tracker.yaml --check-config
                                       says what is wrong with it, and does not start
  $ shoal tracker --ice-server turn:turn.example:3478 --turn-secret turn.secret --ice-origin https://example.org
                                       lends a TURN server to that site's visitors, with passwords that last an hour
  $ shoal tracker --workers 4          one tracker on four cores
  $ shoal tracker --redis redis://10.0.0.5:6379
                                       one of several machines that are one tracker

Every option may stand in the file, as allowedOrigins: [https://example.org], and in the environment, as
SHOAL_TRACKER_ALLOWED_ORIGINS; an option of the command line comes before the environment, and that before the file.
It answers /health, /metrics and /stats.json over HTTP, and / with a page. SIGHUP reads lists and certificates again; Ctrl-C
ends it, after telling its clients.
`

/** Commander's own names of the flags, and these two. */
interface TrackerArguments extends Readonly<Record<string, unknown>> {
  readonly config?: string
  readonly checkConfig?: boolean
}

export function trackerCommand(context: CommandContext): Command {
  // Commander's type of a parser has no room for the type of its values.
  const settings = TRACKER_SETTINGS as unknown as Settings
  const command = new Command('tracker')
    .description('run a tracker: the meeting point of peers')
    .option('--config <file>', 'settings in YAML')
    .option('--check-config', 'say whether all settings and files are right, and end')
  return addFlags(command, settings)
    .addHelpText('after', EXAMPLES)
    .action(async ({ config, checkConfig, ...flags }: TrackerArguments) => {
      const file = config === undefined ? undefined : { name: config, text: await readFile(config, 'utf8') }
      const { environment, terminal } = context
      const values = resolveSettings(settings, TRACKER_PREFIX, { file, environment, flags }) as unknown as TrackerValues
      const options = await trackerOptions(values)
      if (checkConfig) {
        terminal.print('The configuration is right.')
        return
      }
      const log = openLog({ level: values.logLevel, hasAddresses: values.logAddresses })
      await runService(context, {
        tracker: { ...options, log },
        drainSeconds: values.drain,
        workers: values.workers,
        log,
        update: () => trackerUpdate(values),
        announce: tracker => terminal.print(`listening on ${tracker.url}`),
      })
    })
}
