/** `shoal build`: makes a site's signed manifest, its pointer and its scripts, and says which tag its pages need. */
import { Command } from 'commander'
import { SITE_NAMES } from '../../site/limits.ts'
import { type BuildOptions, type BuildResult, buildSite, checkKeyPlace, rollBack } from '../site/build.ts'
import { readKeyFile } from '../site/key-file.ts'
import { probeSite } from '../site/probe.ts'
import { reportOf } from '../site/report.ts'
import { collect, collectPolicy, collectWebSeeds, parseDays, parseSize, trackerOption } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './failure.ts'
import { hashingProgress } from './hashing-progress.ts'
import { readSiteOptions, type SiteArguments } from './site-options.ts'
import { skipReporter } from './skip-reporter.ts'

const EXAMPLES = `
Examples:
  $ shoal keygen                                       once: makes shoal.key
  $ shoal build dist --origin https://example.org/ --tracker wss://tracker.example
  $ shoal build                                        all from shoal.config.json
  $ shoal build dist --probe …                         asks the live site how it serves its files
  $ shoal build old --rollback …                       signs an old deploy again, with a higher version

Files that are worth it are listed in ${SITE_NAMES.manifest}: HTML, *.map and dotfiles never, .js and .mjs only with --scripts. The manifest
names every listed path to whoever reads it: list nothing that is not public. Compressible files get a .gz twin beside them.
Pages in the folder that have the tag are given the new version in it: its other attributes are yours.
With a public key (shoal.key.pub) the manifest is left unsigned, for shoal sign on another machine.

shoal.config.json may hold: dir, origin, trackers, key, include, exclude, immutable, scripts, minBytes, types, twins, hybrid, expiresDays,
webSeeds, origins, policy, cache, probe. What the command line says comes first.
`

interface BuildArguments extends SiteArguments {
  readonly rollback?: boolean
}

export function buildCommand(context: CommandContext): Command {
  return new Command('build')
    .description("list, hash and sign a built site's files")
    .argument('[dir]', 'folder of the built site')
    .option('-c, --config <file>', 'configuration (default: shoal.config.json, if it is there)')
    .option('--origin <url>', 'address at which the folder is served')
    .addOption(trackerOption('tracker at which visitors meet'))
    .option('-k, --key <file>', 'key that signs (default: shoal.key)')
    .option('--include <glob>', 'list these paths only; repeat for more', collect)
    .option('--exclude <glob>', 'leave these paths to HTTP; repeat for more', collect)
    .option('--immutable <glob>', 'these never change under their address, beside fingerprinted ones', collect)
    .option('--scripts', 'list .js and .mjs too')
    .option('--min-size <bytes>', 'leave smaller files to HTTP (default: 16KiB)', parseSize)
    .option('--no-twins', 'write no .gz twins: what compresses is left to HTTP')
    .option('--hybrid', 'add a v1 half for BitTorrent clients that know no v2, as aria2; writes .pad/ beside the files')
    .option('--expires-days <number>', 'days until it must be renewed (default: 30)', parseDays)
    .option('-w, --web-seed <url>', 'web address that has the files, for other clients', collectWebSeeds)
    .option('--policy <name=value>', 'what visitors are asked, as upload-rate=500000; repeat for more', collectPolicy)
    .option('--cache <file>', 'where hashes are remembered (default: .shoal-cache.json)')
    .option('--no-cache', 'hash everything')
    .option('--probe', 'ask the live site how it serves its files')
    .option('--rollback', 'sign the deploy in the folder again, as it is, with a higher version')
    .addHelpText('after', EXAMPLES)
    .action((dir: string | undefined, options: BuildArguments) => build(context, dir, options))
}

async function build(context: CommandContext, dir: string | undefined, given: BuildArguments): Promise<void> {
  const { terminal, signal } = context
  const site = await readSiteOptions(dir, given)
  const { base, keyFile } = site
  if (base === undefined) throw new UsageError('Name the address of the site with --origin, as https://example.org/.')
  const isRollback = given.rollback === true
  if (site.trackers.length === 0 && !isRollback)
    throw new UsageError('Name the tracker at which visitors meet with --tracker, as wss://tracker.example.')
  await checkKeyPlace(keyFile, site)
  const key = await readKeyFile(keyFile)
  for (const warning of key.warnings) terminal.note(`shoal: ${warning}.`)
  const progress = { onProgress: hashingProgress(terminal), onSkip: skipReporter(terminal) }
  const options: BuildOptions = { ...site, base, key, signal, ...progress }
  const result = isRollback ? await rollBack(options) : await buildSite(options)
  terminal.clear()
  const { remarks, warnings, results } = reportOf(result)
  for (const remark of remarks) terminal.note(remark)
  for (const warning of warnings) terminal.note(`shoal: ${warning}`)
  if (site.probe) await probe(context, result)
  for (const line of results) terminal.print(line)
}

async function probe({ terminal, signal }: CommandContext, { manifest }: BuildResult): Promise<void> {
  terminal.status({ phase: 'probing', text: `asking ${manifest.base}` })
  const { facts, warnings } = await probeSite(manifest, signal)
  terminal.clear()
  for (const fact of facts) terminal.note(`probe: ${fact}`)
  for (const warning of warnings) terminal.note(`shoal: probe: ${warning}.`)
  if (warnings.length === 0) terminal.note('probe: nothing stands in the way.')
}
