// What simple-peer uses of it, for the label of its channel. Text is never received: net/channel.ts refuses it.
export const randomBytes = length => crypto.getRandomValues(new Uint8Array(length))
export const arr2hex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
export const text2arr = text => new TextEncoder().encode(text)
