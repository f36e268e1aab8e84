/** The globals of a service worker that ours uses: TypeScript has them in a library that excludes the page's. */
import type { UrlRequest } from './messages.ts'

export interface FetchEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

interface Client {
  readonly id: string
  postMessage(message: UrlRequest, transfer: readonly Transferable[]): void
}

interface MessageEventFromPage {
  readonly data: unknown
  readonly source: Client | null
  readonly ports: readonly MessagePort[]
  waitUntil(work: Promise<unknown>): void
}

interface Events {
  readonly fetch: FetchEvent
  readonly message: MessageEventFromPage
}

export interface WorkerScope {
  readonly registration: { readonly scope: string }
  readonly clients: { get(id: string): Promise<Client | undefined> }
  addEventListener<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void
}
