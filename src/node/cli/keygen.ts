/** `shoal keygen`: makes the key that signs a site. */
import { Command } from 'commander'
import { resolve } from 'node:path'
import { SITE_LIMITS } from '../../site/limits.ts'
import { keyText, makeKey, readKeyFile, writeKeyFiles } from '../site/key-file.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './failure.ts'

const EXAMPLES = `
Examples:
  $ shoal keygen                                shoal.key, and shoal.key.pub for machines that do not sign
  $ shoal keygen -o new.key --rotate shoal.key  a key that the old one vouches for

Prints the public key, which pages name. Keep the key file where nobody else reads it, and a copy of it: whoever has it speaks for
the site, and a key that is lost cannot be made again. After a rotation sign with the new key; pages that name the old one follow it.
One key is for one site.
`

interface KeygenOptions {
  readonly output: string
  readonly rotate?: string
}

export function keygenCommand(context: CommandContext): Command {
  return new Command('keygen')
    .description("make the key that signs a site's manifest")
    .option('-o, --output <file>', 'where it goes; the public half goes beside it, as .pub', 'shoal.key')
    .option('--rotate <file>', 'key that the new one replaces; it signs the new one')
    .addHelpText('after', EXAMPLES)
    .action((options: KeygenOptions) => keygen(context, options))
}

async function keygen({ terminal }: CommandContext, { output, rotate }: KeygenOptions): Promise<void> {
  const old = rotate === undefined ? undefined : await readKeyFile(resolve(rotate))
  if (old !== undefined && old.sign === undefined)
    throw new UsageError(`${rotate} is the public half of a key. Name the file that signs.`)
  const made = await makeKey(old)
  await writeKeyFiles(output, made)
  if (old !== undefined && made.rotated.length <= old.rotated.length)
    terminal.note(`shoal: Its first key is forgotten: a key remembers ${SITE_LIMITS.rotationsMax} before it.`)
  terminal.note(
    `${output}: the key that signs, for you alone. ${output}.pub: its public half, for builds without signing.`,
  )
  terminal.print(keyText(made.key))
}
