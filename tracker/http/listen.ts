/** Makes a server listen, and says where. */
import type { Server } from 'node:http'
import { Server as HttpsServer } from 'node:https'

/** @throws the system's error (`EADDRINUSE`, `EACCES`, …), or RangeError for a port that is none */
export async function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** `ws://host:port` under which this machine reaches the server; empty while it does not listen. */
export function hostUrl(server: Server, host: string | undefined): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return ''
  return urlOf({ port: address.port, host, isSecure: server instanceof HttpsServer })
}

/** `ws://host:port` under which this machine reaches who listens there. */
export function urlOf({ port, host, isSecure }: { port: number; host: string | undefined; isSecure: boolean }): string {
  const isAny = host === undefined || host === '0.0.0.0' || host === '::' || host === ''
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${isSecure ? 'wss' : 'ws'}://${name}:${port}`
}
