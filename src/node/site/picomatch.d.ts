/** The part of picomatch that is used here; it comes without types. */
declare module 'picomatch' {
  export default function picomatch(
    globs: readonly string[],
    options?: { readonly dot?: boolean },
  ): (path: string) => boolean
}
