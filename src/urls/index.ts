/** Addresses for files that are in a page: `shoal/urls`. Their worker is `dist/shoal-urls-sw.js`. */
export { FileUrls, type FileUrlsOptions, type UrlFile } from './file-urls.ts'
export { type InertKind, inertKindOf, inertTypeOf } from './inert-types.ts'
