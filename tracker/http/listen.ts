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
  return address === null || typeof address === 'string' ? '' : urlOf(address.port, host)
}

/** `ws://host:port` under which this machine reaches who listens there. */
export function urlOf(port: number, host: string | undefined): string {
  const isAny = host === undefined || host === '0.0.0.0' || host === '::' || host === ''
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host
<<<<<<< HEAD
  return `${server instanceof HttpsServer ? 'wss' : 'ws'}://${name}:${address.port}`
=======
  return `ws://${name}:${port}`
>>>>>>> 681ccb4 (Several processes are one tracker: each swarm has an owner, found by rendezvous hashing over leases in Redis or among workers)
}
