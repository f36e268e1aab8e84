/** Private shares in tests: a client for them, what they hold, and torrents of files that something else sealed. */
import type { TestContext } from 'node:test'
import { PrivateShareError, type PrivateShareErrorCode } from '../../demo/private/errors.ts'
import type { PrivateShare, PrivateSource } from '../../demo/private/private-share.ts'
import { Shoal, type Torrent } from '../../src/node/index.ts'

export function failsWith(code: PrivateShareErrorCode): (error: unknown) => boolean {
  return error => error instanceof PrivateShareError && error.code === code
}

export function clientFor(t: TestContext): Shoal {
  const shoal = new Shoal()
  t.after(() => shoal.close())
  return shoal
}

/** As they are chosen. */
export function sourcesOf(contents: Readonly<Record<string, Uint8Array>>): PrivateSource[] {
  return Object.entries(contents).map(([path, bytes]) => ({ path, data: new Blob([new Uint8Array(bytes)]) }))
}

/** The bytes of all files by their path. */
export async function contentsOf({ files }: PrivateShare): Promise<Record<string, Buffer>> {
  const read = async (file: PrivateShare['files'][number]): Promise<[string, Buffer]> => {
    return [
      file.path,
      Buffer.from(await new Response(file.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()),
    ]
  }
  return Object.fromEntries(await Promise.all(files.map(read)))
}

/** A torrent as the sender of sealed files would have it, however they were sealed. */
export async function seedSealed(shoal: Shoal, sealed: readonly Buffer[], name = 'private'): Promise<Torrent> {
  const files = sealed.map((bytes, i) => ({ path: `${name}/${i}`, data: new Uint8Array(bytes) }))
  const torrent = shoal.seed(files, { version: 'v2', name })
  await torrent.ready
  return torrent
}
