/** Files that `shoal build` lists: the build gives them names that bear their hash, and the page their addresses. */
declare module 'listed:*' {
  const url: string
  export default url
}

/** Neither brings types of its own, and the scene is small. */
declare module 'three'
declare module 'three/examples/jsm/libs/draco/draco_wasm_wrapper.js'
