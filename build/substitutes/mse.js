// bittorrent-protocol's stream encryption for TCP. WebRTC is encrypted, and the package's `browser` field drops it too.
export const nativeRC4 = false
export class MessageStreamEncryptor {}
