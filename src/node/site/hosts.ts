/** Other hosts that have files of a site, and the folders on this disk that are served there. */
import { join, relative, resolve } from 'node:path'
import { ShoalError } from '../../errors.ts'
import { SITE_NAMES } from '../../site/limits.ts'
import { originOf } from '../../site/paths.ts'
import { isInside } from '../confined-folder.ts'
import { decoded } from './head.ts'

export interface AssetHost {
  /** Address at which the folder is served; ends in '/'. */
  readonly base: string
  readonly folder: string
}

/** Where a site's files lie on this disk. */
export interface SiteFolders {
  /** Of the site itself. */
  readonly folder: string
  readonly hosts: readonly AssetHost[]
}

/** What a host's files have before their path in its folder, in the manifest: `shoal-origins/https/assets.example/v1/`. */
export function hostPrefix({ base }: Pick<AssetHost, 'base'>): string {
  const { protocol, host, pathname } = new URL(base)
  return `${SITE_NAMES.origins}/${protocol.slice(0, -1)}/${host}${decoded(pathname)}`
}

/**
 * Where a listed path lies.
 * @throws ShoalError `invalid-argument` when no folder is known for it
 */
export function placeOf(path: string, { folder, hosts }: SiteFolders): string {
  const origin = originOf(path)
  if (origin === undefined) return join(folder, ...path.split('/'))
  const host = hosts.find(host => path.startsWith(hostPrefix(host)))
  if (host !== undefined) return join(host.folder, ...path.slice(hostPrefix(host).length).split('/'))
  const how = 'Name it in "origins" of shoal.config.json, as {"https://assets.example/": "folder"}.'
  throw new ShoalError('invalid-argument', `The folder that is served at ${origin} is not known. ${how}`)
}

/** Whether another host than the site's own serves what lies there. */
export function isElsewhere(place: string, { hosts }: Pick<SiteFolders, 'hosts'>): boolean {
  return hosts.some(({ folder }) => {
    const way = relative(resolve(folder), resolve(place))
    return way === '' || isInside(resolve(place), resolve(folder))
  })
}
