/** The key that a site's pages name, as an argument. */
import { fromHex } from '../../metainfo/bytes.ts'
import { KEY_BYTES } from '../../site/signature.ts'
import { readKeyFile } from '../site/key-file.ts'

/** @param text a key file, public or private, or 64 hexadecimal digits */
export async function readSiteKey(text: string): Promise<Uint8Array> {
  const key = fromHex(text)
  return key?.length === KEY_BYTES ? key : (await readKeyFile(text)).key
}
