/** The key that a site's pages name, as an argument. */
import { fromHex } from '../../metainfo/bytes.ts'
import { KEY_BYTES, type Signer } from '../../site/signature.ts'
import { readKeyFile } from '../site/key-file.ts'
import { UsageError } from './failure.ts'

/** @param text a key file, public or private, or 64 hexadecimal digits */
export async function readSiteKey(text: string): Promise<Uint8Array> {
  const key = fromHex(text)
  return key?.length === KEY_BYTES ? key : (await readKeyFile(text)).key
}

/** What a seeder proves itself by. @param place a key file */
export async function readSeederKey(place: string): Promise<Signer> {
  const { sign } = await readKeyFile(place)
  if (sign === undefined) throw new UsageError(`${place} is the public half of a key. Name the file that signs.`)
  return sign
}
