// Browsers have WebRTC; the polyfill is for Node.
export const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = globalThis
