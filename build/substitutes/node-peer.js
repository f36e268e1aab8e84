// What net/node-peer.ts spares Node's WebRTC, browsers do not suffer from.
export { default as NodePeer } from '@thaunknown/simple-peer/lite.js'
