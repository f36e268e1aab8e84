// simple-peer names its peers and channels by it: the bundle gives them no names. Text is never received, for
// net/channel.ts refuses it.
export const randomBytes = undefined
export const arr2hex = undefined
export const text2arr = undefined
