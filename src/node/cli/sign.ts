/** `shoal sign`: signs what was built without the key, renews what holds, or ends it. */
import { Command } from 'commander'
import { SITE_NAMES } from '../../site/limits.ts'
import { checkKeyPlace } from '../site/build.ts'
import { readKeyFile } from '../site/key-file.ts'
import { kill, renew, type SignOptions, signUnsigned } from '../site/sign.ts'
import { parseDays } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './failure.ts'
import { readSiteOptions, type SiteArguments } from './site-options.ts'

const EXAMPLES = `
Examples:
  $ shoal sign dist              signs ${SITE_NAMES.unsigned}, which shoal build made with a public key
  $ shoal sign dist --renew      the deploy holds for longer, under the same version
  $ shoal sign dist --kill       tells visitors to stop; the next build ends it

After a rotation (shoal keygen --rotate) --renew signs the deploy with the new key.
`

interface SignArguments extends SiteArguments {
  readonly renew?: boolean
  readonly kill?: boolean
}

export function signCommand(context: CommandContext): Command {
  return new Command('sign')
    .description("sign a site's manifest, renew it, or end it")
    .argument('[dir]', 'folder of the built site')
    .option('-c, --config <file>', 'configuration (default: shoal.config.json, if it is there)')
    .option('-k, --key <file>', 'key that signs (default: shoal.key)')
    .option('--expires-days <number>', 'days until it must be renewed (default: 30)', parseDays)
    .option('--renew', 'sign the deploy that holds again')
    .option('--kill', 'sign a pointer that ends it')
    .addHelpText('after', EXAMPLES)
    .action((dir: string | undefined, options: SignArguments) => sign(context, dir, options))
}

async function sign({ terminal }: CommandContext, dir: string | undefined, given: SignArguments): Promise<void> {
  if (given.renew && given.kill) throw new UsageError('Give --renew or --kill, not both.')
  const { folder, hosts, keyFile, expiresDays } = await readSiteOptions(dir, given)
  await checkKeyPlace(keyFile, { folder, hosts })
  const key = await readKeyFile(keyFile)
  if (key.sign === undefined) throw new UsageError(`${keyFile} is the public half of a key. Name the file that signs.`)
  for (const warning of key.warnings) terminal.note(`shoal: ${warning}.`)
  const options: SignOptions = { folder, expiresDays, key: { ...key, sign: key.sign } }
  if (given.kill) {
    terminal.print(`version ${await kill(options)}`)
    terminal.note(`${SITE_NAMES.pointer} ends it. Publish it; the next shoal build begins anew.`)
    return
  }
  const manifest = given.renew ? await renew(options) : await signUnsigned(options)
  terminal.note(`${SITE_NAMES.manifest} expires ${new Date(manifest.expires * 1000).toISOString().slice(0, 10)}.`)
  terminal.print(`version ${manifest.version}`)
}
