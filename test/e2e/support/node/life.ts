/**
 * A whole life of a client in a process of its own, which must end by itself: nothing may be left open, and nothing rejected
 * that nobody handled. Run by `failure-process.test.ts`; says how it went, as JSON.
 */
import { fileStore, filesFromDisk, Shoal } from '../../../../src/node/index.ts'

interface Life {
  readonly kind: 'transfer' | 'failures' | 'kept'
  readonly tracker: string
  readonly folder: string
}

const { kind, tracker, folder }: Life = JSON.parse(process.argv[2]!)

if (kind === 'transfer') await transfer()
else if (kind === 'failures') await failures()
else await kept()
console.log(JSON.stringify({ isOver: true }))

/** Seeds from disk, downloads to disk. */
async function transfer(): Promise<void> {
  await using seeder = new Shoal({ trackers: [tracker] })
  await using leech = new Shoal({ allowPrivateAddresses: true, store: fileStore({ directory: `${folder}/got` }) })
  const seed = seeder.seed(await filesFromDisk([`${folder}/payload.bin`]))
  await seed.ready
  const torrent = leech.add(seed.magnetURI)
  await torrent.done
  await torrent.files[0]!.blob()
}

/** Nobody looks at what fails. */
async function failures(): Promise<void> {
  const shoal = new Shoal({ trackers: ['ws://localhost:1', tracker] })
  shoal.add('aa'.repeat(20))
  shoal.add('aa'.repeat(20))
  shoal.add('http://localhost:1/x.torrent')
  shoal.add('bb'.repeat(20), { signal: AbortSignal.abort() })
  shoal.seed([])
  const gone = { size: 9, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }
  shoal.seed([{ path: 'gone', data: gone as unknown as Blob }])
  const torrent = shoal.seed([{ path: 'here', data: new Uint8Array(50_000) }])
  await torrent.ready
  const { promise, stop } = reading(torrent)
  stop()
  await promise.catch(() => {})
  await shoal.close()
}

function reading(torrent: { files: readonly { stream(options: { signal: AbortSignal }): ReadableStream }[] }) {
  const controller = new AbortController()
  const reader = torrent.files[0]!.stream({ signal: controller.signal }).getReader()
  return { promise: reader.read(), stop: () => controller.abort() }
}

/** Closed while all is under way. */
async function kept(): Promise<void> {
  const seeder = new Shoal({ trackers: [tracker], uploadBytesPerSecond: 200_000 })
  const leech = new Shoal({ allowPrivateAddresses: true, store: fileStore({ directory: `${folder}/part` }) })
  const seed = seeder.seed(await filesFromDisk([`${folder}/payload.bin`]))
  await seed.ready
  const torrent = leech.add(seed.magnetURI)
  await new Promise<void>(resolve => torrent.addEventListener('piece', () => resolve(), { once: true }))
  await Promise.all([leech.close(), seeder.close()])
}
