/** Some browsers have no WebRTC, and in some an extension or a policy makes it throw. */
export function canConnect(): boolean {
  try {
    new RTCPeerConnection().close()
    return true
  } catch {
    return false
  }
}
