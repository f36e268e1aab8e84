/**
 * The store of browsers: pieces and torrents in one IndexedDB database, shared by all tabs of a site.
 *
 * The database is the truth and nothing of it is mirrored in memory, so that tabs need not talk to each other. What a tab
 * does keep to itself is which torrents it has open (`pins.ts`): what another tab has open is protected by its recent use.
 */
import { promisifyRequest } from 'idb-keyval'
import { ShoalError } from '../errors.ts'
import type { Layout } from '../metainfo/layout.ts'
import type { PieceStore, Store, TorrentRecord } from '../ports.ts'
import { Database, type KeptTorrent } from './database.ts'
import { OpenPieces } from './open-pieces.ts'
import { PieceDatabase } from './piece-database.ts'
import { sayingWhat } from './refusals.ts'

export interface IndexedDBStoreOptions {
  /** Name of the database; stores of one name share pieces and budget, across tabs too. @default 'shoal' */
  readonly name?: string
  /**
   * Bytes of pieces, and of files kept for seeding, before the least recently used pieces are evicted.
   * @default half of what the browser grants, 4 GiB at most
   */
  readonly budgetBytes?: number
}

/**
 * A store that outlives the page. Nothing is opened before the first use.
 *
 * `open` and the torrent records throw `store-failed` where the browser gives no storage; `write` and `remember` throw `quota`
 * when there is no room and none can be made without evicting pieces of open torrents.
 * `forget` removes the record of a torrent only: its pieces may serve other torrents, and go by `PieceStore.remove` or by age.
 */
export function indexedDBStore({ name = 'shoal', budgetBytes }: IndexedDBStoreOptions = {}): Store {
  if (name === '') throw new ShoalError('invalid-argument', 'The name of a store must not be empty.')
  if (budgetBytes !== undefined && !(budgetBytes >= 0)) {
    throw new ShoalError('invalid-argument', `budgetBytes must be a number of bytes, not ${budgetBytes}.`)
  }
  return new IndexedDBStore(new Database(name), budgetBytes)
}

export class IndexedDBStore implements Store {
  readonly #database: Database
  readonly #pieces: PieceDatabase

  /** @param budgetBytes as of `indexedDBStore` */
  constructor(database: Database, budgetBytes?: number) {
    this.#database = database
    this.#pieces = new PieceDatabase(database, budgetBytes)
  }

  async open(_torrent: { infoHash: string; layout: Layout }): Promise<PieceStore> {
    await sayingWhat('open its storage', this.#pieces.ready())
    return new OpenPieces(this.#pieces)
  }

  remember(record: TorrentRecord): Promise<void> {
    return this.#pieces.keepTorrent(record)
  }

  async recall(infoHash: string): Promise<TorrentRecord | undefined> {
    return recordOf(await this.#recall('recall a torrent', torrents => torrents.get(infoHash)))
  }

  async recallAll(): Promise<TorrentRecord[]> {
    const kept: KeptTorrent[] = await this.#recall('recall its torrents', torrents => torrents.getAll())
    return kept.map(recordOf).filter(record => record !== undefined)
  }

  forget(infoHash: string): Promise<void> {
    return sayingWhat('forget a torrent', this.#pieces.dropTorrent(infoHash))
  }

  async close(): Promise<void> {
    await this.#pieces.settle()
    this.#database.close()
  }

  #recall<T>(what: string, ask: (torrents: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const asking = this.#database.transact(['torrents'], 'readonly', transaction =>
      promisifyRequest(ask(transaction.objectStore('torrents'))),
    )
    return sayingWhat(what, asking)
  }
}

/** The record, unless another hand has written there. */
function recordOf(kept: KeptTorrent | undefined): TorrentRecord | undefined {
  const record = kept?.record
  return typeof record?.infoHash === 'string' && record.metainfo instanceof Uint8Array ? record : undefined
}
