/** `shoal publish`: tells the visitors who are connected of a deploy that was uploaded, or of its end. */
import { Command } from 'commander'
import { ShoalError } from '../../errors.ts'
import { SITE_NAMES } from '../../site/limits.ts'
import { readManifest } from '../../site/manifest.ts'
import { verifyPointer } from '../../site/pointer.ts'
import { readManifestFile, readPointerFile } from '../site/deploy.ts'
import { nowSeconds } from '../site/head.ts'
import { checkIsLive, tellTracker } from '../site/publish.ts'
import { collectTrackers } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { CommandError } from './failure.ts'
import { readSiteOptions, type SiteArguments } from './site-options.ts'

const EXAMPLES = `
Examples:
  $ shoal publish dist     after dist was uploaded; after shoal sign dist --kill at once, and upload ${SITE_NAMES.pointer} then

Whoever has the site open learns of it within seconds, from the trackers that the manifest names. Without it they learn when another
visitor loads the page, from a seeder, or after 15 minutes.
`

export function publishCommand(context: CommandContext): Command {
  return new Command('publish')
    .description('tell connected visitors of a deploy that was uploaded, or of its end')
    .argument('[dir]', 'folder of the built site')
    .option('-c, --config <file>', 'configuration (default: shoal.config.json, if it is there)')
    .option('--origin <url>', "address at which the folder is served (default: the manifest's)")
    .option('-t, --tracker <url>', 'another tracker to tell; repeat for more', collectTrackers)
    .addHelpText('after', EXAMPLES)
    .action((dir: string | undefined, options: SiteArguments) => publish(context, dir, options))
}

async function publish(context: CommandContext, dir: string | undefined, given: SiteArguments): Promise<void> {
  const { terminal, signal } = context
  const { folder, base } = await readSiteOptions(dir, given)
  const [manifestBytes, pointerBytes] = [await readManifestFile(folder), await readPointerFile(folder)]
  if (manifestBytes === undefined || pointerBytes === undefined)
    throw new ShoalError('invalid-argument', `There is no deploy in ${folder}. Run shoal build first.`)
  const { manifest } = readManifest(manifestBytes)
  const { pointer } = await verifyPointer(pointerBytes, { key: manifest.key, nowSeconds: nowSeconds() })
  // An end needs nothing from the site, and may be in a hurry.
  if (!pointer.isKilled) await checkIsLive(base ?? manifest.base, pointerBytes, signal)
  const trackers = [...new Set([...manifest.metainfo.trackers.flat(), ...(given.tracker ?? [])])]
  const outcomes = await Promise.all(trackers.map(url => tellTracker(url, pointerBytes, signal)))
  for (const [index, outcome] of outcomes.entries()) {
    const what = outcome === 'told' ? 'told' : outcome === 'newer' ? 'knows a newer one' : `not told: ${outcome.failed}`
    terminal.note(`${trackers[index]}: ${what}`)
  }
  if (!outcomes.includes('told')) throw new CommandError('No tracker was told.')
  terminal.print(`version ${pointer.version}${pointer.isKilled ? ', which ends it' : ''}`)
}
