/**
 * The site's database as a page has it that its browser may freeze. A transaction locks what it touches for every tab of the browser and for the
 * worker, and one that was begun in a frozen page ends when the page wakes up: so the last thing that a page does is to end them all.
 */
import { abort, Database, type StoreName } from '../../store/database.ts'
import { closedStore } from '../../store/refusals.ts'

export class PageDatabase extends Database {
  readonly #name: string
  readonly #transactions = new Set<IDBTransaction>()
  #isAbandoned = false

  constructor(name: string) {
    super(name)
    this.#name = name
  }

  override transact<T>(
    names: readonly StoreName[],
    mode: 'readonly' | 'readwrite',
    work: (transaction: IDBTransaction) => Promise<T>,
  ): Promise<T> {
    return super.transact(names, mode, transaction => {
      // It was asked for before, and the database came after.
      if (this.#isAbandoned) throw closedStore()
      this.#transactions.add(transaction)
      const forget = (): void => void this.#transactions.delete(transaction)
      transaction.addEventListener('complete', forget)
      transaction.addEventListener('abort', forget)
      return work(transaction)
    })
  }

  /** Deletes all that is stored; whoever has it open lets go of it. Another site of this host fetches again what it had there. */
  delete(): void {
    try {
      indexedDB.deleteDatabase(this.#name)
    } catch {
      // The browser gives this page no storage.
    }
  }

  /** Ends what is under way, at once: it is as if it had not been begun. Nothing can be begun afterwards. */
  abandon(): void {
    this.#isAbandoned = true
    this.close()
    for (const transaction of this.#transactions) abort(transaction)
  }
}
