/** Reads the `.torrent` that an argument names, when it names one. */
import { open, stat } from 'node:fs/promises'
import { METAINFO_LIMITS } from '../../options.ts'
import { CommandError } from './failure.ts'

/** An info dict and all the piece layers that the limits allow. */
const TORRENT_FILE_BYTES_MAX = METAINFO_LIMITS.metadataBytesMax + METAINFO_LIMITS.piecesMax * 32

/**
 * @param source a path, `-` for standard input, a link or an infohash
 * @returns the bytes of the file, or undefined for what is no file: links and infohashes, which the library reads
 * @throws CommandError when it looks like a file and is none
 */
export async function readSource(source: string): Promise<Uint8Array | undefined> {
  if (source === '-') return readStream(process.stdin, 'standard input')
  if (/^(magnet:|https?:)/i.test(source)) return undefined
  const found = await stat(source).catch(() => undefined)
  if (found === undefined) {
    if (/^[\da-z]{32,68}$/i.test(source)) return undefined
    throw new CommandError(
      `${source} is neither a file nor a magnet link nor an infohash. Check it, and put quotes around magnet links.`,
    )
  }
  if (found.isDirectory()) throw new CommandError(`${source} is a folder. Name a .torrent file.`)
  const file = await open(source)
  // Not readFile, which trusts the size that a pipe or /dev/zero gives.
  return readStream(file.createReadStream(), source)
}

async function readStream(stream: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > TORRENT_FILE_BYTES_MAX) throw new CommandError(`${name} is too large for a .torrent file.`)
  }
  return Buffer.concat(chunks)
}
