/**
 * Which requests browsers bring to a site's service worker, where they let workers say so (Static Routing, w3c.github.io/ServiceWorker): made by
 * `shoal build`, and part of the worker's table. The first route that fits a request decides.
 */

export interface Route {
  readonly condition: RouteCondition
  readonly source: 'network'
}

export interface RouteCondition {
  readonly requestMode?: 'navigate'
  readonly urlPattern?: string
  readonly or?: readonly RouteCondition[]
  readonly not?: RouteCondition
}

/** Browsers take 256 routes at the most, and look at each for every request. */
const FOLDERS_MAX = 16

/** Navigations and whatever is not listed pass the worker by. @param paths of listed files, see `TableEntry` */
export function routesFor(paths: readonly string[]): Route[] {
  const listed = patternsOf(paths).map(urlPattern => ({ urlPattern }))
  const conditions: RouteCondition[] = [{ requestMode: 'navigate' }, { not: { or: listed } }]
  return conditions.map(condition => ({ condition, source: 'network' }))
}

/** Folders of the site, and other hosts as a whole. */
function patternsOf(paths: readonly string[]): string[] {
  const own = paths.filter(path => path.startsWith('/'))
  const hosts = paths.filter(path => !path.startsWith('/')).map(path => new URL(path).origin)
  const folders = own.length > 0 || hosts.length === 0 ? foldersOf(own) : []
  // What has a meaning in patterns is escaped.
  const patterns = folders.map(folder => `${folder.replace(/[^\w/]/g, '\\$&')}*`)
  return [...patterns, ...[...new Set(hosts)].sort().map(host => `${host}/*`)]
}

/** As deep as there is room for: the folders of the files, those above them, and at last all. */
function foldersOf(paths: readonly string[]): string[] {
  const depths = paths.map(path => path.split('/').length)
  for (let depth = Math.max(2, ...depths); depth > 2; depth--) {
    const folders = new Set(
      paths.map(
        path =>
          `${path
            .split('/')
            .slice(0, -1)
            .slice(0, depth - 1)
            .join('/')}/`,
      ),
    )
    if (folders.size <= FOLDERS_MAX) return [...folders].sort()
  }
  return ['/']
}
