/** Links of the share page: `/#<infohash>`. The fragment never reaches the server in a request. */

/** @returns the infohash of a fragment in lower case (40 or 64 hex digits), or undefined */
export function infoHashOf(fragment: string): string | undefined {
  const text = fragment.replace(/^#/, '').trim().toLowerCase()
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : undefined
}

/** @returns the link that opens a share on this page */
export function linkTo(infoHash: string, page: { readonly origin: string; readonly pathname: string }): string {
  return `${page.origin}${page.pathname}#${infoHash}`
}

/** @returns the tracker that serves this page, on the same host and port */
export function trackerOf(page: { readonly protocol: string; readonly host: string }): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}`
}
