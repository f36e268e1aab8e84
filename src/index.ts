/** What users import in a browser. */
export { Shoal, type AddOptions, type SeedOptions, type ShoalOptions } from './client.ts'
export {
  createTorrent,
  type CreatedTorrent,
  type CreateFile,
  type CreateFile as SeedFile,
  type CreateOptions,
} from './create.ts'
export { ShoalError, type ShoalErrorCode } from './errors.ts'
export { formatMagnet, type Magnet, parseMagnet } from './metainfo/magnet.ts'
export { encodeMetainfo as encodeTorrent, type Metainfo, parseMetainfo as parseTorrent } from './metainfo/metainfo.ts'
export type { PieceRef, PieceStore, Store, TorrentRecord, TrackerStatus } from './ports.ts'
export { indexedDBStore, type IndexedDBStoreOptions } from './store/indexeddb.ts'
export { memoryStore, type MemoryStoreOptions } from './store/memory.ts'
export { Torrent } from './torrent/torrent.ts'
export {
  TorrentFile,
  type FileAddresser,
  type FileUrlOptions,
  type ReadOptions,
  type StreamOptions,
} from './torrent/torrent-file.ts'
export type { PeerView, TorrentEvents, TorrentState, TorrentStats } from './torrent/views.ts'
