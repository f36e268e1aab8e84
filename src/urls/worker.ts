/**
 * The service worker behind `FileUrls`: `dist/shoal-urls-sw.js`. It has a scope of its own, in which there are no pages but its own
 * documents, and answers requests there with bytes that the page which made the URL gives it, chunk by chunk. It remembers nothing: the URL
 * names the page, so that it may be stopped and started as browsers like.
 */
import { answerTo, refusal, type Answer } from './answer.ts'
import { ownerOf, type PageCall, partsOf, URL_LIMITS } from './messages.ts'
import { PageSource } from './page-source.ts'
import type { FetchEvent, WorkerScope } from './worker-scope.ts'

const worker = globalThis as unknown as WorkerScope

const GONE = refusal(404, 'This address ended with the page that made it. Open that page again, and save from there.')

worker.addEventListener('message', event => {
  switch (event.data as PageCall) {
    case 'shoal-urls-who':
      event.ports[0]?.postMessage(event.source?.id)
      break
    case 'shoal-urls-stay':
      event.waitUntil(new Promise(resolve => setTimeout(resolve, URL_LIMITS.stayMs)))
  }
})

worker.addEventListener('fetch', event => {
  const parts = partsOf(event.request.url, worker.registration.scope)
  // Anything else in the scope is the server's.
  if (parts !== undefined) event.respondWith(respond(event, parts))
})

async function respond(
  { request }: FetchEvent,
  { client: id, key }: { client: string; key: string },
): Promise<Response> {
  const client = await worker.clients.get(id)
  if (client === undefined) return responseOf(GONE)
  const source = new PageSource(ownerOf(key))
  const first = await source.open((port, lock) => client.postMessage({ kind: 'shoal-urls-request', key, lock }, [port]))
  if (first?.kind !== 'facts') {
    source.close()
    return responseOf(GONE)
  }
  const asked = {
    method: request.method,
    path: new URL(request.url).pathname,
    range: request.headers.get('range'),
    isNavigation: request.mode === 'navigate',
  }
  const answer = answerTo(asked, first.facts)
  const { fromByte, toByte } = answer
  if (fromByte < toByte) return responseOf(answer, source.stream(fromByte, toByte))
  source.close()
  return responseOf(answer)
}

function responseOf({ status, headers, text = '' }: Answer, body: BodyInit = text): Response {
  return new Response(body, { status, headers })
}
