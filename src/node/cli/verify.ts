/** `shoal verify`: checks a deploy as a visitor would, and hashes all that it lists. */
import { Command } from 'commander'
import { keyText } from '../site/key-file.ts'
import { verifyDeploy } from '../site/verify.ts'
import type { CommandContext } from './context.ts'
import { formatCount } from './format.ts'
import { hashingProgress } from './hashing-progress.ts'
import { readSiteKey } from './site-key.ts'
import { readSiteOptions, type SiteArguments } from './site-options.ts'

const EXAMPLES = `
Examples:
  $ shoal verify dist                       against the key that the manifest names
  $ shoal verify dist --key shoal.key.pub   against the key that pages name: a file, or 64 hexadecimal digits
  $ shoal verify dist --origin https://example.org/

Every file is hashed, without the cache.
`

export function verifyCommand(context: CommandContext): Command {
  return new Command('verify')
    .description("check a site's manifest, pointer and files")
    .argument('[dir]', 'folder of the built site')
    .option('-c, --config <file>', 'configuration (default: shoal.config.json, if it is there)')
    .option('-k, --key <file|hex>', 'key that pages name')
    .option('--origin <url>', 'address at which the folder is served')
    .addHelpText('after', EXAMPLES)
    .action((dir: string | undefined, options: SiteArguments) => verify(context, dir, options))
}

async function verify(context: CommandContext, dir: string | undefined, given: SiteArguments): Promise<void> {
  const { terminal, signal } = context
  const { folder, hosts, base } = await readSiteOptions(dir, given)
  const key = given.key === undefined ? undefined : await readSiteKey(given.key)
  const { manifest, isKilled, warnings } = await verifyDeploy({
    folder,
    hosts,
    key,
    base,
    signal,
    onProgress: hashingProgress(terminal),
  })
  terminal.clear()
  for (const warning of warnings) terminal.note(`shoal: ${warning}`)
  if (key === undefined) terminal.note(`shoal: It vouches for itself: give the key that pages name with --key.`)
  if (isKilled) terminal.note('shoal: Its pointer tells visitors to stop.')
  terminal.note(`${formatCount(manifest.files.size, 'file')} for ${manifest.base}: all as listed.`)
  terminal.print(`version ${manifest.version}`)
  terminal.print(`key ${keyText(manifest.key)}`)
}
