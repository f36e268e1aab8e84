// What @noble/hashes uses of its own utils for SHA-1 and SHA-256, without checks of arguments that TypeScript has
// checked for us, and without wiping what is no secret.
const nothing = () => {}
export const abytes = nothing
export const aexists = nothing
export const aoutput = nothing
export const clean = nothing
export const oidNist = nothing
export const rotl = (word, shift) => (word << shift) | (word >>> (32 - shift))
export const rotr = (word, shift) => (word << (32 - shift)) | (word >>> shift)
export const createView = bytes => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
// merkle.ts hashes pairs of nodes by `create()`.
export const createHasher = create => Object.assign(message => create().update(message).digest(), { create })
