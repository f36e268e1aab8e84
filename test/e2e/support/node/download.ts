/** Downloads a magnet to a folder, and prints its progress. Made to be killed on its way. */
import { fileStore, Shoal } from '../../../../src/node/index.ts'

const { magnet, folder }: { magnet: string; folder: string } = JSON.parse(process.argv[2]!)

await using shoal = new Shoal({ allowPrivateAddresses: true, store: fileStore({ directory: folder }) })
const torrent = shoal.add(magnet)
torrent.addEventListener('piece', () => console.log(`progress ${torrent.progress}`))
torrent.addEventListener('warning', ({ detail: { error } }) => console.log(`warning ${error.message}`))
await torrent.done
